"""The application identifiers of GS1: what follows each, what it is called, and its company.

Sources: GS1 General Specifications 3 (definitions) and 4.14 (which go together), GS1 Barcode Syntax
Dictionary (2026), GS1 Digital Link Standard: URI Syntax 4 (keys and their qualifiers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Identifier:
    """An application identifier of two to four digits.

    `content` are the parts of what follows it: n is digits, x character set 82, y set 39, z set 64,
    each with its length or, after `..`, its greatest; c ends in a check digit; ? may be absent;
    date is YYMMDD; day is a date whose DD may be 00 for the whole month; what is behind a colon is
    looked at by `activities.rules.gs1.checks`. `needs` are companies of which one has to be there
    as a whole, `never` those that must not be; an n in them is any digit. With `in_query` it may be
    an attribute of a Digital Link.
    """

    name: str
    content: str
    title: str
    needs: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()
    in_query: bool = True


_FIVE_COUNTRIES = "n3:country n3?:country n3?:country n3?:country n3?:country"

_TABLE = f"""
00|n18c||||SSCC
01|n14c|||255,37|GTIN
02|n14c||37|01,03|CONTENT
03|n14c|-||01,02,37,235|MTO GTIN
10|x..20||01,02,03,8006,8026||BATCH/LOT
11|day||01,02,03,8006,8026||PROD DATE
12|day||8020||DUE DATE
13|day||01,02,03,8006,8026||PACK DATE
15|day||01,02,03,8006,8026||BEST BEFORE or BEST BY
16|day||01,02,03,8006,8026||SELL BY
17|day||01,02,03,255,8006,8026||USE BY or EXPIRY
20|n2||01,02,03,8006,8026||VARIANT
21|x..20|-|01,03,8006|235|SERIAL
22|x..20|-|01||CPV
235|x..28|-|01||TPX
240|x..30||01,02,03,8006,8026||ADDITIONAL ID
241|x..30||01,02,03,8006,8026||CUST. PART No.
242|n..6||01,02,8006,8026||MTO VARIANT
243|x..20||01,03||PCN
250|x..30||01+21,03+21,8006+21||SECONDARY SERIAL
251|x..30||01,03,8006||REF. TO SOURCE
253|n13c x..17?||||GDTI
254|x..20|-|414||GLN EXTENSION COMPONENT
255|n13c n..12?|||01,02,415,8006,8020,8026|GCN
30|n..8||01,02||VAR. COUNT
37|n..8||00+02,00+8026||COUNT
3900-3909|n..15||255,8020|390n,391n,394n,8111|AMOUNT
3910-3919|n3:currency n..15||8020|391n|AMOUNT
3920-3929|n..15||01+30,01+31nn,01+32nn,01+35nn,01+36nn|392n,393n|PRICE
3930-3939|n3:currency n..15||30,31nn,32nn,35nn,36nn|393n|PRICE
3940-3943|n4||255|394n,8111|PRCNT OFF
3950-3955|n6||30,31nn,32nn,35nn,36nn|392n,393n,395n,8005|PRICE/UoM
400|x..30||||ORDER NUMBER
401|x..30:key||||GINC
402|n17c||||GSIN
403|x..30||00||ROUTE
410|n13c||||SHIP TO LOC
411|n13c||||BILL TO
412|n13c||||PURCHASE FROM
413|n13c||||SHIP FOR LOC
414|n13c||||LOC No.
415|n13c||8020||PAY TO
416|n13c||||PROD/SERV LOC
417|n13c||||PARTY
420|x..20|||421|SHIP TO POST
421|n3:country x..9|||4307|SHIP TO POST
422|n3:country||01,02,03,8006,8026|426|ORIGIN
423|{_FIVE_COUNTRIES}||01,02,03|426|COUNTRY - INITIAL PROCESS
424|n3:country||01,02,03|426|COUNTRY - PROCESS
425|{_FIVE_COUNTRIES}||01,02,03|426|COUNTRY - DISASSEMBLY
426|n3:country||01,02,03||COUNTRY - FULL PROCESS
427|x..3||01+422,02+422,03+422||ORIGIN SUBDIVISION
4300|x..35:percent||00||SHIP TO COMP
4301|x..35:percent||00||SHIP TO NAME
4302|x..70:percent||00||SHIP TO ADD1
4303|x..70:percent||4302||SHIP TO ADD2
4304|x..70:percent||00||SHIP TO SUB
4305|x..70:percent||00||SHIP TO LOC
4306|x..70:percent||00||SHIP TO REG
4307|x2:alpha2||00||SHIP TO COUNTRY
4308|x..30||00||SHIP TO PHONE
4309|n10:latitude n10:longitude||00||SHIP TO GEO
4310|x..35:percent||00||RTN TO COMP
4311|x..35:percent||00||RTN TO NAME
4312|x..70:percent||00||RTN TO ADD1
4313|x..70:percent||4312||RTN TO ADD2
4314|x..70:percent||00||RTN TO SUB
4315|x..70:percent||00||RTN TO LOC
4316|x..70:percent||00||RTN TO REG
4317|x2:alpha2||00||RTN TO COUNTRY
4318|x..20||00||RTN TO POST
4319|x..30||00||RTN TO PHONE
4320|x..35:percent||00||SRV DESCRIPTION
4321|n1:yesno||00||DANGEROUS GOODS
4322|n1:yesno||00||AUTH TO LEAVE
4323|n1:yesno||00||SIG REQUIRED
4324|day n4:hhmi||00||NOT BEF DEL DT
4325|day n4:hhmi||00||NOT AFT DEL DT
4326|date||00||REL DATE
4330|n6 x1?:hyphen||00|4331|MAX TEMP F.
4331|n6 x1?:hyphen||00|4330|MAX TEMP C.
4332|n6 x1?:hyphen||00|4333|MIN TEMP F.
4333|n6 x1?:hyphen||00|4332|MIN TEMP C.
7001|n13||01,02,8006,8026||NSN
7002|x..30||01,02||MEAT CUT
7003|date n4:hhmi||01,02,03||EXPIRY TIME
7004|n..4||01+10,03+10||ACTIVE POTENCY
7005|x..12||01,02||CATCH AREA
7006|date||01,02||FIRST FREEZE DATE
7007|date date?||01,02||HARVEST DATE
7008|x..3||01,02||AQUATIC SPECIES
7009|x..10||01,02||FISHING GEAR TYPE
7010|x..2||01,02,03||PROD METHOD
7011|date n4?:hhmi||01,02,03||TEST BY DATE
7020|x..20||01+416,03+416,8006+416||REFURB LOT
7021|x..20||01,03,8006||FUNC STAT
7022|x..20||01+7021,03+7021,8006+7021||REV STAT
7023|x..30:key||||GIAI - ASSEMBLY
7030|n3:country999 x..27||01,02||PROCESSOR # 0
7031|n3:country999 x..27||01,02||PROCESSOR # 1
7032|n3:country999 x..27||01,02||PROCESSOR # 2
7033|n3:country999 x..27||01,02||PROCESSOR # 3
7034|n3:country999 x..27||01,02||PROCESSOR # 4
7035|n3:country999 x..27||01,02||PROCESSOR # 5
7036|n3:country999 x..27||01,02||PROCESSOR # 6
7037|n3:country999 x..27||01,02||PROCESSOR # 7
7038|n3:country999 x..27||01,02||PROCESSOR # 8
7039|n3:country999 x..27||01,02||PROCESSOR # 9
7040|n1 x1 x1 x1:importer|-|||UIC+EXT
7041|x..4|-|00||UFRGT UNIT TYPE
710|x..20||01||NHRN PZN
711|x..20||01||NHRN CIP
712|x..20||01||NHRN CN
713|x..20||01||NHRN DRN
714|x..20||01||NHRN AIM
715|x..20||01||NHRN NDC
716|x..20||01||NHRN AIC
717|x..20||01||NHRN SRN
7230|x2 x..28||01,8004||CERT # 1
7231|x2 x..28||01,8004||CERT # 2
7232|x2 x..28||01,8004||CERT # 3
7233|x2 x..28||01,8004||CERT # 4
7234|x2 x..28||01,8004||CERT # 5
7235|x2 x..28||01,8004||CERT # 6
7236|x2 x..28||01,8004||CERT # 7
7237|x2 x..28||01,8004||CERT # 8
7238|x2 x..28||01,8004||CERT # 9
7239|x2 x..28||01,8004||CERT # 10
7240|x..20||01,8006|03|PROTOCOL
7241|n2:media||8017,8018||AIDC MEDIA TYPE
7242|x..25||8017,8018||VCN
7250|n8:birth||8018|7251|DOB
7251|n8:birth n4:hhmi||8018|7250|DOB TIME
7252|n1:sex||8018||BIO SEX
7253|x..40:percent||8017,8018|7256,7259|FAMILY NAME
7254|x..40:percent||8017,8018|7256,7259|GIVEN NAME
7255|x..10||8017,8018|7256,7259|SUFFIX
7256|x..90:percent||8017,8018||FULL NAME
7257|x..70:percent||8018||PERSON ADDR
7258|x3:sequence||8018+7259||BIRTH SEQUENCE
7259|x..40:percent||8018|7256|BABY
8001|n4:nonzero n5:nonzero n3:nonzero n1:winding n1||01||DIMENSIONS
8002|x..20||||CMT No.
8003|n1:zero n13c x..16?||||GRAI
8004|x..30:key||||GIAI
8005|n6||01,02||PRICE PER UNIT
8006|n14c n4:piece|||01,03,37|ITIP
8007|x..34:iban||415||IBAN
8008|date n2:hh n2?:mi n2?:ss||01,02,03||PROD TIME
8009|x..50||00,01,03||OPTSEN
8010|y..30:key||||CPID
8011|n..12:unpadded|-|8010||CPID SERIAL
8012|x..20||01,03,8006||VERSION
8013|x..25:pair+key||||GMN
8014|x..25:pair+key+letter|-|01||MUDI
8017|n18c|||8018|GSRN - PROVIDER
8018|n18c|||8017|GSRN - RECIPIENT
8019|n..10|-|8017,8018||SRIN
8020|x..25|-|415||REF No.
8026|n14c n4:piece||37|02,03,8006|ITIP CONTENT
8030|z..90||00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018||DIGSIG
8040|n15|-|01+21||IMEI
8041|n15|-|01+21+8040||IMEI2
8042|n32|-|01+21+8040||ESIM
8043|n18 n..2?|-|01+21+8040||PSIM
8110|x..70||||
8111|n4||255||POINTS
8112|x..70||||
8200|x..70|-|01||PRODUCT URL
90|x..30||||INTERNAL
91-99|x..90||||INTERNAL
"""
"""Names, content, - for what no attribute can be, needs (+ and, comma or), never, title."""

_MEASURES = {
    "01,02": """
310 NET WEIGHT (kg); 311 LENGTH (m); 312 WIDTH (m); 313 HEIGHT (m); 314 AREA (m²);
315 NET VOLUME (l); 316 NET VOLUME (m³); 320 NET WEIGHT (lb); 321 LENGTH (in); 322 LENGTH (ft);
323 LENGTH (yd); 324 WIDTH (in); 325 WIDTH (ft); 326 WIDTH (yd); 327 HEIGHT (in);
328 HEIGHT (ft); 329 HEIGHT (yd); 350 AREA (in²); 351 AREA (ft²); 352 AREA (yd²);
356 NET WEIGHT (tr oz); 357 NET VOLUME (oz); 360 NET VOLUME (qt (US)); 361 NET VOLUME (gal.);
364 NET VOLUME (in³); 365 NET VOLUME (ft³); 366 NET VOLUME (yd³)
    """,
    "00,01": """
330 GROSS WEIGHT (kg); 331 LENGTH (m), log; 332 WIDTH (m), log; 333 HEIGHT (m), log;
334 AREA (m²), log; 335 VOLUME (l), log; 336 VOLUME (m³), log; 340 GROSS WEIGHT (lb);
341 LENGTH (in), log; 342 LENGTH (ft), log; 343 LENGTH (yd), log; 344 WIDTH (in), log;
345 WIDTH (ft), log; 346 WIDTH (yd), log; 347 HEIGHT (in), log; 348 HEIGHT (ft), log;
349 HEIGHT (yd), log; 353 AREA (in²), log; 354 AREA (ft²), log; 355 AREA (yd²), log;
362 VOLUME (qt (US)), log; 363 VOLUME (gal (US)), log; 367 VOLUME (in³), log;
368 VOLUME (ft³), log; 369 VOLUME (yd³), log
    """,
    "01": """
337 KG PER m²
    """,
}
"""By what they need: the first three digits of measures, which are 6 digits; a fourth digit from 0
to 5 is the number of decimals."""

KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "01": (("22", "10", "21"), ("235",)),
    "8006": (("22", "10", "21"),),
    "8013": (),
    "8010": (("8011",),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
    "255": (),
    "00": (),
    "253": (),
    "401": (),
    "402": (),
    "8003": (),
    "8004": (("7040",),),
}
"""What a Digital Link may be about, the usual first, and the qualifiers behind each in order."""

_PREDEFINED = tuple(f"{first:02}" for first in (*range(5), *range(11, 21), *range(31, 37), 41))


def needs_separator(name: str) -> bool:
    """Whether something has to tell its end (GS1 General Specifications, figure 7.8.5-2)."""
    return not name.startswith(_PREDEFINED)


def _read() -> Iterator[Identifier]:
    for line in _TABLE.strip().splitlines():
        names, content, flag, needs, never, title = line.split("|")
        first, _, last = names.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield Identifier(
                name=f"{number:0{len(first)}}",
                content=content,
                title=title,
                needs=_companies(needs),
                never=tuple(never.split(",")) if never else (),
                in_query=not flag,
            )
    for needs, measures in _MEASURES.items():
        for measure in " ".join(measures.split()).split("; "):
            family, _, title = measure.partition(" ")
            for places in range(6):
                yield Identifier(
                    f"{family}{places}", "n6", title, _companies(needs), (f"{family}n",)
                )


def _companies(needs: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(each.split("+")) for each in needs.split(",")) if needs else ()


IDENTIFIERS: Mapping[str, Identifier] = {known.name: known for known in _read()}
"""All of them, by name."""

_LENGTHS = {name[:2]: len(name) for name in IDENTIFIERS}


def name_length(text: str) -> int:
    """How many digits of this text are the identifier that it begins with; 0 for none."""
    return _LENGTHS.get(text[:2], 0)
