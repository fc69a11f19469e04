"""Barcodes, in one line each."""

from __future__ import annotations

from typing import Any

from activities.barcodes.creating import CreateBarcode, create_barcode
from activities.barcodes.views import BarcodeView
from activities.rules.actors import Actor

PENCIL = "4006381333931"


async def a_barcode(
    by: Actor, value: str = PENCIL, symbology: str = "EAN13", **more: Any
) -> BarcodeView:
    """One of a pencil, unless another value is given."""
    return await create_barcode(CreateBarcode(by, symbology, value, **more))
