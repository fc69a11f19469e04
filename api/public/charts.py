"""`/api/public/charts/{token}.png`: the small pictures in mails."""

from __future__ import annotations

from fastapi import Response

from activities.notices.charts import PATH, DrawChart, draw_signed_chart
from activities.rules.throttles import CHARTS
from api.routers import make_public_router

FOR_GOOD = "public, max-age=31536000, immutable"
"""An address holds all that its picture shows (RFC 8246)."""

router = make_public_router(CHARTS, include_in_schema=False, default_response_class=Response)


@router.get(f"{PATH}/{{token}}.png", summary="A picture of seven days")
async def chart(token: str) -> Response:
    picture = await draw_signed_chart(DrawChart(token))
    headers = {"Cache-Control": FOR_GOOD, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(picture.png, media_type="image/png", headers=headers)
