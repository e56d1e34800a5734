"""Result codes of ACS, in words that an agent can pass on."""

_BY_SUB_CODE = {
    7507: "not allowed from this number",
    8516: "too many requests at once",
    8530: "too many calls at once",
    8538: "declined",
    8539: "busy",
    8541: "not available",
    8544: "not reachable",
    8607: "another transfer is under way",
    9999: "failed for a reason that ACS does not know",
    560603: "declined, or too many calls at once",
}
"""Microsoft's tables of error codes. 560603 stands for two things there: the number of outbound
calls that one of our numbers may have at once is 2, unless raised."""

_BY_CODE = {
    403: "not allowed",
    404: "no such number",
    408: "no answer",
    480: "no answer",
    486: "busy",
    487: "no answer",
    603: "declined",
}
"""Codes of SIP."""

NO_ANSWER = "no answer"


def in_words(code: int, sub_code: int) -> str:
    """Why an operation failed, for example `busy`."""
    known = _BY_SUB_CODE.get(sub_code) or _BY_CODE.get(code)
    return known or f"failed with code {code}/{sub_code}"
