"""Messages of infusion pumps for tests, as IHE's profiles have them: numbers invented, the patient unknown to the pump."""

from typing import Any

from wire import clock, message, segment

NOBODY = segment("PID", f31="Y")
_MDC = "MDC"
_SOURCES = {"primary": ("70071", "PRIMARY"), "secondary": ("70075", "SECONDARY")}


def pump_header(kind: str, at: str, control: str = "1", facility: str = "GH") -> str:
    """Return an MSH of a pump gateway."""
    return segment(
        "MSH", f1="^~\\&", f2="PUMPGW^0012210000000001^EUI-64", f3=facility, f6=clock(at), f8=kind, f9=control,
        f10="P", f11="2.6", f20="IHE_PCD_010^IHE PCD^1.3.6.1.4.1.19376.1.6.4.10^ISO",
    )  # fmt: skip


class Rows:
    """OBX, numbered as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, code: str, name: str, path: str, value: str = "", kind: str = "", **fields: str) -> None:
        """Add a row; without a value it only contains others."""
        numbered = {
            "f1": str(len(self.lines) + 1), "f2": kind, "f3": f"{code}^{name}^{_MDC}", "f4": path, "f5": value,
            "f11": "R" if value else "X", **fields,
        }  # fmt: skip
        self.lines.append(segment("OBX", **numbered))


def pump_rows(
    event: str | None,
    status: str,
    source: str = "primary",
    device: str = "P100",
    serial: str = "",
    **said: Any,
) -> list[str]:
    """Return the rows of an event, or of a report where there is none."""
    lead = f"{serial}." if serial else ""
    rows = Rows()
    named = {"f18": f"{device}^^0012210000000000^EUI-64"} if device else {}
    rows.add("70049", "MDC_DEV_PUMP_INFUS_LVP_MDS", f"{lead}1.0.0.0", **named)
    rows.add("70050", "MDC_DEV_PUMP_INFUS_LVP_VMD", f"{lead}1.1.0.0")
    bag = "secondary" if source == "secondary" else "primary"
    block = "1.1.3" if bag == "secondary" else "1.1.2"
    if event is not None:
        rows.add("68487", "MDC_ATTR_EVT_COND", f"{lead}1.1.0.3", event, "CWE")
        rows.add("68488", "MDC_ATTR_EVT_SOURCE", f"{lead}1.1.0.4", f"{block}.0", "ST")
    rows.add("70067", "MDC_DEV_PUMP_DELIVERY_INFO", f"{lead}1.1.1.0")
    infusing = "infusing" if status in {"delivering", "transitioning"} else "not-infusing"
    rows.add("184519", "MDC_PUMP_INFUSING_STATUS", f"{lead}1.1.1.1", f"^pump-status-{infusing}", "CWE")
    if "rate" in said:
        rows.add("158014", "MDC_FLOW_FLUID_PUMP_CURRENT", f"{lead}1.1.1.2", str(said["rate"]), "NM")
    rows.add("158016", "MDC_DEV_PUMP_ACTIVE_SOURCES", f"{lead}1.1.1.3", f"^pump-source-info-{source}", "CWE")
    for number, (name, (code, word)) in enumerate(_SOURCES.items(), 2):
        rows.add(code, f"MDC_DEV_PUMP_INFUSATE_SOURCE_{word}", f"{lead}1.1.{number}.0")
        drug = said.get("drug", "ceftriaxone") if name == bag else "another"
        rows.add("184514", "MDC_DRUG_NAME_LABEL", f"{lead}1.1.{number}.2", drug, "ST")
        if name != bag:
            continue
        for code_of, label, value in (
            ("157993", "MDC_VOL_FLUID_DELIV_TOTAL", said.get("total")),
            ("157992", "MDC_VOL_FLUID_DELIV_SEGMENT", said.get("segment")),
            ("157884", "MDC_VOL_FLUID_TBI", said.get("vtbi")),
        ):
            if value is not None:
                rows.add(code_of, label, f"{lead}1.1.{number}.8", str(value), "NM")
        state = f"^pump-delivery-status-{status}"
        rows.add("158005", "MDC_DEV_PUMP_CURRENT_DELIVERY_STATUS", f"{lead}1.1.{number}.22", state, "CWE")
        if said.get("reason"):
            why = f"^pump-stopped-{said['reason']}"
            rows.add("158006", "MDC_DEV_PUMP_NOT_DELIVERING_REASON", f"{lead}1.1.{number}.23", why, "CWE")
    return rows.lines


EVENTS = {
    "start": "197288^MDC_EVT_PUMP_DELIV_START^MDC",
    "stop": "0^MDCX_EVT_PUMP_DELIV_STOP^MDC",
    "complete": "197292^MDC_EVT_PUMP_DELIV_COMP^MDC",
    "cleared": "0^MDCX_EVT_PUMP_PROG_CLEARED^MDC",
    "clock": "0^MDC_EVT_DEVICE_TIME_CHANGED^MDC",
    "comm": "0^MDC_EVT_COMM_STATUS_CHANGE^MDC",
}


def obr(at: str, order: str = "O1", program: str = "PRG1", drug: str = "") -> str:
    """Return an OBR with the order a pump echoes and the number of its program."""
    return segment("OBR", f1="1", f2=order, f3=program, f4=drug, f7=clock(at))


def pump(
    event: str,
    at: str,
    status: str = "delivering",
    *,
    order: str = "O1",
    program: str = "PRG1",
    bed: str = "",
    sent: str = "",
    control: str = "1",
    **said: Any,
) -> bytes:
    """Return a PCD-10 message of an event at a clock time."""
    return message(
        pump_header("ORU^R42^ORU_R01", sent or at, control),
        said.pop("pid", NOBODY),
        segment("PV1", f1="1", f2="O", f3=bed, f19=said.pop("visit", "")),
        obr(at, order, program),
        *pump_rows(EVENTS[event], status, **said),
    )


def report(
    at: str, status: str = "delivering", *, order: str = "O1", program: str = "PRG1", **said: Any
) -> bytes:
    """Return a PCD-01 report at a clock time."""
    return message(
        pump_header("ORU^R01^ORU_R01", at),
        NOBODY,
        "PV1|1|O",
        obr(at, order, program),
        *pump_rows(None, status, **said),
    )


def order(
    number: str = "O1", at: str = "0755", visit: str = "V1", device: str = "P100", **said: str
) -> bytes:
    """Return a PCD-03 order of ceftriaxone that is sent to a pump."""
    return message(
        pump_header("RGV^O15^RGV_O15", at, facility=said.get("facility", "GH")),
        said.get("pid", "PID|1||T0001^^^GH^MR"),
        segment("PV1", f1="1", f2="O", f19=visit),
        segment("ORC", f1=said.get("control", "RE"), f2=f"{number}^EMAR", f9=clock(at)),
        segment("RXG", f1="1", f4=said.get("drug", "2193^ceftriaxone^RXNORM"), f5="50"),
        "RXR|IV^Intravenous^HL70162||IVP^IV Pump^HL70164|IV^IV^HL70165",
        segment(
            "OBX", f1="1", f3="69986^MDC_DEV_PUMP_INFUS_VMD^MDC", f18=f"{device}^^0012210000000000^EUI-64"
        ),
    )
