"""Parameters of a URL that say who followed a link, not which page it leads to."""

from __future__ import annotations

# fmt: off
_NAMES = frozenset({
    "_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "dclid", "epik", "fbclid", "gbraid", "gclid",
    "gclsrc", "igshid", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "oly_anon_id",
    "oly_enc_id", "pk_campaign", "pk_kwd", "pk_source", "pk_medium", "piwik_campaign", "ref_src",
    "s_cid", "srsltid", "ttclid", "twclid", "vero_id", "wbraid", "wickedid", "yclid",
})
# fmt: on
_PREFIXES = ("utm_", "mtm_", "hsa_")


def without_tracking(url: str) -> str:
    """The URL without the parameters of campaigns and click counters; the others stay as they
    are, in their order."""
    address, mark, query = url.partition("?")
    if not mark:
        return url
    kept = "&".join(part for part in query.split("&") if part and not _is_tracking(part))
    return f"{address}?{kept}" if kept else address


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _NAMES or name.startswith(_PREFIXES)
