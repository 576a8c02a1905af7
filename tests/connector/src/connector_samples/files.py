"""X12 files as a supplier writes them, small enough to be read in a test."""

from __future__ import annotations

from collections.abc import Sequence

FUNCTIONAL = {"810": "IN", "850": "PO", "855": "PR", "856": "SH", "865": "CA", "997": "FA"}


def interchange(
    set_id: str,
    segments: Sequence[str],
    *,
    control: int = 1,
    written: str = "20261102*083000",
    group: str = "",
    sender: str = "NORDIC",
    receiver: str = "ACME",
) -> bytes:
    """One set in one group; `segments` without terminators, `written` is GS04*GS05."""
    functional = group or FUNCTIONAL.get(set_id, "XX")
    body = [f"ST*{set_id}*0001", *segments, f"SE*{len(segments) + 2}*0001"]
    lines = [
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261102*0830*U*00401*{control:09d}*0*P*>",
        f"GS*{functional}*{sender}*{receiver}*{written}*{control}*X*004010",
        *body,
        f"GE*1*{control}",
        f"IEA*1*{control:09d}",
    ]
    return "".join(f"{line}~" for line in lines).encode()


def two_answers(*, control: int, unit: str) -> bytes:
    """Two orders answered in one group; the second in a unit of the supplier's own."""
    first = acknowledgment(control=control)
    start, end = first.index(b"ST*855"), first.index(b"GE*1")
    second = first[start:end].replace(b"0001", b"0002").replace(b"*EA*", f"*{unit}*".encode())
    return first[:end] + second.replace(b"45000000022", b"4500000002") + first[end:].replace(b"GE*1*", b"GE*2*")


def acknowledgment(
    *, control: int = 1, written: str = "20261102*083000", number: str = "4500000001", code: str = "IA"
) -> bytes:
    return interchange(
        "855",
        [
            f"BAK*00*AC*{number}*20261102****ND-1*20261102",
            "PO1*10*100*EA*12.5*PE*BP*A1001*VP*ND-77",
            f"ACK*{code}*100*EA*068*20261110",
            "CTT*1",
        ],
        control=control,
        written=written,
    )


def functional_acknowledgment(
    group: str, *, control: int, written: str, verdict: str = "A", set_id: str = "850", functional: str = "PO"
) -> bytes:
    segments = [
        f"AK1*{functional}*{group}",
        f"AK2*{set_id}*0001",
        f"AK5*{verdict}",
        f"AK9*{verdict}*1*1*{int(verdict in 'AE')}",
    ]
    return interchange("997", segments, control=control, written=written)


def ship_notice(
    *, control: int = 1, number: str = "SH-1", sscc: str = "106141411234567897", order: str = "4500000001"
) -> bytes:
    """Item before carton before pallet in the file: only HL02 tells the tree."""
    return interchange(
        "856",
        [
            f"BSN*00*{number}*20261109*1200*0001",
            "DTM*011*20261109*120000",
            "DTM*017*20261111",
            "HL*1**S",
            "TD5*B*2*DHLF",
            "REF*BM*BL-1",
            "N1*ST**92*WH-EAST",
            "HL*2*1*O",
            f"PRF*{order}**2",
            "HL*5*4*I",
            "LIN*10*BP*A1001*VP*ND-77",
            "SN1**24*EA",
            "REF*LT*L-9",
            "HL*4*3*P",
            f"MAN*GM*{sscc}",
            "HL*3*2*T",
            "MAN*GM*00106141411234567897",
            "CTT*5",
        ],
        control=control,
    )


def invoice(*segments: str, control: int = 1, header: str = "INV-1*20261102*4500000001***DI*00") -> bytes:
    """An order's first line as it was ordered, unless `segments` say something else after the header."""
    lines = segments or ("CUR*SE*EUR", "IT1*10*100*EA*12.5*HP*BP*A1001*VP*ND-77", "TDS*1488", "CTT*1")
    return interchange("810", [f"BIG*20261120*{header}", *lines], control=control)
