"""Official drug lists in, a dated folder out: each list as published, what moved, and nothing half written."""

from datetime import date
from pathlib import Path

import pytest
from drug_lists import ARTICLES, ASP, HCPCS, RXNORM, archive, article_export, drug_lists, tree

from rules.formulary.crosswalks import ndc_concepts, ndc_hcpcs, rxnorm_concepts
from rules.formulary.drug_editions import editions, laid_over, rows
from streams.cms.drug_refresh import DrugFiles, drug_problems
from streams.cms.quarter import take_in
from streams.cms.refresh import Change
from streams.cms.refusal import RefreshRefusedError

NEW_YEAR, JULY = date(2026, 1, 1), date(2026, 7, 1)


def taken(on: date, files: DrugFiles, drugs: Path, *, replace: bool = False) -> dict[str, Change]:
    """Return how each list moved, by its name."""
    return {change.table: change for change in take_in(on, {}, files, drugs=drugs, replace=replace)}


def refusal(on: date, files: DrugFiles, drugs: Path) -> tuple[str, ...]:
    """Return the sentences of a refresh that must be refused, after which every byte is as before."""
    before = tree(drugs)
    with pytest.raises(RefreshRefusedError) as refused:
        take_in(on, {}, files, drugs=drugs)
    assert tree(drugs) == before
    return refused.value.faults


def written(drugs: Path, table: str, folder: str = "20260101") -> list[str]:
    """Return the lines of a list that was written."""
    return (drugs / folder / f"{table}.csv").read_text(encoding="utf-8").splitlines()


def test_drug_codes_take_their_days_from_the_official_list(tmp_path: Path) -> None:
    """A code that ended gets its last day, a new one that is plainly one product is added, the rest is named."""
    drugs = drug_lists(tmp_path)
    change = taken(NEW_YEAR, {"hcpcs": HCPCS}, drugs)["hcpcs"]

    assert written(drugs, "hcpcs") == [
        "code,product,from,until",
        "J3301,triamcinolone,,",
        "J3357,ustekinumab,,",
        "J3370,vancomycin,,2025-06-30",
        "J3373,vancomycin,2025-07-01,",
        "J9019,asparaginase,,2025-12-31",
        "J9256,nipocalimab,2026-01-01,",
    ]
    assert change.came == ("J3373 vancomycin 2025-07-01", "J9256 nipocalimab 2026-01-01")
    assert change.moved == (
        "J3370 vancomycin: nothing -> 2025-06-30",
        "J9019 asparaginase: nothing -> 2025-12-31",
    )
    assert change.went == (
        *("J0129 abatacept", "J0881 darbepoetin-alfa", "J0882 darbepoetin-alfa", "J1885 ketorolac"),
        "J3262 tocilizumab",
    )
    assert [note.line() for note in change.notes] == [
        "2 left out: new codes whose description is not one product of the formulary (J3471, J3490)",
        (
            "5 to look at: installed codes that the list no longer holds, kept without a last day"
            " (J0129, J0881, J0882 and 2 more)"
        ),
        "what went is kept: a code that was ever listed still says which drug it is",
    ]
    assert drug_problems(drugs) == []


def test_what_a_list_no_longer_holds_keeps_its_meaning(tmp_path: Path) -> None:
    """The codebook's own codes are in no list of CMS's, and a package of last year is still that package."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"hcpcs": HCPCS, "asp_ndc": ASP}, drugs)

    assert laid_over("hcpcs", "code", drugs)["90380"][0]["product"] == "nirsevimab"
    assert ndc_hcpcs(drugs)["99999999999"] == ("J0129",)


HEADINGS = (
    "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,PRICE1,PRICE2,PRICE3,PRICE4,MULT_PI,CIM1,CIM2,CIM3,"
    "MCM1,MCM2,MCM3,STATUTE,LABCERT1,LABCERT2,LABCERT3,LABCERT4,LABCERT5,LABCERT6,LABCERT7,LABCERT8,XREF1,"
    "XREF2,XREF3,XREF4,XREF5,COV,ASC_GRP,ASC_DT,OPPS,OPPS_PI,OPPS_DT,PROCNOTE,BETOS,TOS1,TOS2,TOS3,TOS4,TOS5,"
    "ANEST_BU,ADD DT,ACT EFF DT,TERM DT,ACTION CD"
)


def sheet_of(text: str) -> str:
    """Return the records of the text file as the sheet of 48 columns has them."""
    heads = HEADINGS.split(",")
    lines = ["2026 HCPCS Alpha-Numeric", ",".join(heads)]
    for record in text.splitlines():
        cells = dict.fromkeys(heads, "")
        cells |= {"HCPC": record[:5].strip(), "SEQNUM": record[5:10], "RECID": record[10]}
        cells |= {"LONG DESCRIPTION": f'"{record[11:91].strip()}"', "ADD DT": record[268:276].strip()}
        cells |= {"TERM DT": record[284:292].strip()}
        lines.append(",".join(cells.values()))
    return "\r\n".join(lines)


def test_the_sheet_of_the_drug_codes_reads_as_the_text(tmp_path: Path) -> None:
    """Saved as CSV, inside CMS's archive or alone, with its 48 headings."""
    first, second = drug_lists(tmp_path / "text"), drug_lists(tmp_path / "sheet")
    text = HCPCS.read_text(encoding="utf-8")
    packed = archive(
        tmp_path / "january-2026-alpha-numeric-hcpcs-file.zip",
        {
            "HCPC2026_JAN_ANWEB_01122026.csv": sheet_of(text).encode(),
            "HCPC2026_JAN_ANWEB_01122026.xlsx": b"PK\x03\x04",
            "HCPC2026_JAN_ANWEB_Transaction Report_12292025.csv": b"another",
            "HCPC2026_recordlayout.txt": b"words",
        },
    )
    taken(NEW_YEAR, {"hcpcs": HCPCS}, first)
    taken(NEW_YEAR, {"hcpcs": packed}, second)

    assert written(first, "hcpcs") == written(second, "hcpcs")


def test_packages_are_read_from_the_crosswalk_as_published(tmp_path: Path) -> None:
    """Eleven digits and the code; a package may have two; a code nobody lists is named; no description is kept."""
    drugs = drug_lists(tmp_path)
    change = taken(NEW_YEAR, {"asp_ndc": ASP}, drugs)["ndc"]

    assert written(drugs, "ndc") == [
        *("ndc,hcpcs", "00003218713,J0129", "00003218811,J0129", "00338006910,J1885", "00338007225,J1885"),
        *("50242013501,J3262", "50242013601,J3262", "55513000204,J0881", "55513000204,J0882"),
    ]
    assert ndc_hcpcs(drugs)["55513000204"] == ("J0881", "J0882")
    assert change.went == ("99999999999 J0129",)
    assert (
        change.notes[0].line(None) == "3 left out: codes that hcpcs.csv does not hold (90371, J0897, J9305)"
    )
    assert "Orencia" not in (drugs / "20260101" / "ndc.csv").read_text(encoding="utf-8")


def test_a_packages_billing_units_come_with_its_code(tmp_path: Path) -> None:
    """As the crosswalk counts one item; what moved is named, and a package it no longer has keeps its count."""
    drugs = drug_lists(tmp_path)
    change = taken(NEW_YEAR, {"asp_ndc": ASP}, drugs)["package_units"]

    assert written(drugs, "package_units") == [
        *("ndc,hcpcs,units", "00003218713,J0129,25", "00003218811,J0129,12.5"),
        *written(drugs, "package_units")[3:],
    ]
    assert change.moved == ("00003218713 J0129: 20 -> 25",)
    assert change.went == ("99999999999 J0129 25",)
    assert laid_over("package_units", "ndc", drugs)["99999999999"][0]["units"] == "25"


def test_a_package_without_one_number_of_units_is_left_out(tmp_path: Path) -> None:
    """Its code is still taken in."""
    drugs = drug_lists(tmp_path)
    crosswalk = tmp_path / "crosswalk.csv"
    text = ASP.read_text(encoding="latin-1")
    assert ",1,1,25,25" in text
    crosswalk.write_text(text.replace(",1,1,25,25", ",1,1,some,25", 1), encoding="latin-1")
    changes = taken(NEW_YEAR, {"asp_ndc": crosswalk}, drugs)

    assert "00003218713" not in "".join(written(drugs, "package_units"))
    assert "00003218713,J0129" in written(drugs, "ndc")
    assert "packages without one number of BILLUNITS" in changes["package_units"].notes[0].line(None)


def test_the_crosswalk_of_the_other_payment_bases_is_passed_over(tmp_path: Path) -> None:
    """CMS packs workbooks and the AWP crosswalk beside the one that is read."""
    packed = archive(
        tmp_path / "january-2026-asp-ndc-hcpcs-crosswalks.zip",
        {ASP.name: ASP.read_bytes(), "Jan 2026 AWP NDC-HCPCS Crosswalk.csv": b"x", f"{ASP.stem}.xlsx": b"PK"},
    )
    drugs = drug_lists(tmp_path)

    assert taken(NEW_YEAR, {"asp_ndc": packed}, drugs)["ndc"].rows == 8


def test_packages_know_the_codes_of_the_list_taken_with_them(tmp_path: Path) -> None:
    """A code that comes this quarter is known to the crosswalk of the same quarter."""
    drugs = drug_lists(tmp_path)
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(ASP.read_text(encoding="latin-1").replace("J9305", "J9256"), encoding="latin-1")
    taken(NEW_YEAR, {"hcpcs": HCPCS, "asp_ndc": crosswalk}, drugs)

    assert ndc_hcpcs(drugs)["00002762301"] == ("J9256",)


CONCEPTS = {
    1665021: ("2193", ""),  # ceftriaxone 1000 MG Injection
    99000010: ("", "ceftriaxone"),  # its salt: the installed row said which product
    99000011: ("", "ceftriaxone"),  # the brand
    99000012: ("2193", ""),  # a component of an injected drug
    99000013: ("2193", ""),  # by form
    99000014: ("2193", ""),  # by group of forms
    99000015: ("", "ceftriaxone"),  # the branded drug
    99000016: ("", "ceftriaxone"),  # the branded component
    99000030: ("", "doxorubicin-liposomal"),  # a salt that is a product of its own
    99000031: ("", "doxorubicin-liposomal"),
    99000032: ("", "doxorubicin-liposomal"),
    1659149: ("", "piperacillin-tazobactam"),  # two ingredients, by the combination
    99000041: ("", "piperacillin-tazobactam"),
    99000050: ("9863", ""),  # 0.9%: a bag or a flush
    99000051: ("9863", ""),
    99000052: ("", "sodium-chloride-hypertonic"),  # 3%
    99000053: ("", "sodium-chloride-hypertonic"),
    99000056: ("9863", ""),
    99000057: ("9863", ""),
    99000060: ("", "dextrose-5"),
    99000061: ("", "dextrose-sodium-chloride-0.45"),
    99000062: ("", "sodium-chloride-0.45"),
    99000070: ("", "pemivibart"),  # an ingredient products.csv has no number for
    99000080: ("2193", ""),  # a pack of one drug, by the inverse of its relation
}
"""Worked by hand from the relations. Absent: oral forms, 4.5% saline, the unknown drug and all above it, the suppressed
concept, tazobactam alone, the component of a salt whose ingredient stands for a combination, and a contested brand."""


def test_a_release_of_rxnorm_leads_its_concepts_to_our_products(tmp_path: Path) -> None:
    """From the ingredient up to the branded pack; what is swallowed, unknown or contested leads nowhere."""
    drugs = drug_lists(tmp_path)
    changes = taken(NEW_YEAR, {"rxnorm": RXNORM}, drugs)

    found = {
        int(row["rxcui"]): (row["ingredient"], row["product"])
        for (row,) in laid_over("rxnorm", "rxcui", drugs).values()
    }
    assert found.pop(309090) == ("", "ceftriaxone")  # installed before, in no release
    assert found == CONCEPTS
    left_out, contested, missing, _ = changes["rxnorm"].notes
    assert left_out.which == ("99000042", "99000075")
    assert contested.line() == (
        "1 to look at: identifiers of products.csv that RxNorm gives another drug (8339 piperacillin)"
    )
    assert "11124" in missing.which  # vancomycin, which these few rows do not hold
    assert rxnorm_concepts(drugs)["1665021"].tty == "SCD"
    assert drug_problems(drugs) == []


def test_packages_of_rxnorm_are_those_of_the_concepts_taken(tmp_path: Path) -> None:
    """Of RxNorm's own attributes, eleven digits, not suppressed; a tablet's is not there."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"rxnorm": RXNORM}, drugs)

    assert ndc_concepts(drugs) == {"00409733201": "1665021", "00004196401": "99000015"}


def test_a_release_cites_itself_by_its_day(tmp_path: Path) -> None:
    """The source is the release, by the day in its name; where it lay is nobody's business."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"rxnorm": RXNORM}, drugs)
    text = (drugs / "20260101" / "sources.toml").read_text(encoding="utf-8")

    assert "[RXNORM-2026-01-05]" in text
    assert 'found = "the official file, RxNorm_full_01052026"' in text
    assert str(RXNORM.parent) not in text
    assert editions(drugs)["rxnorm"][-1].released == date(2026, 1, 5)


def test_the_archive_of_a_release_reads_as_its_folder(tmp_path: Path) -> None:
    """The prescribable part that lies in the same archive is not read twice."""
    members = tree(RXNORM)
    members |= {f"prescribe/{name}": b"" for name in members}
    packed = archive(tmp_path / "RxNorm_full_01052026.zip", members)
    first, second = drug_lists(tmp_path / "folder"), drug_lists(tmp_path / "archive")
    taken(NEW_YEAR, {"rxnorm": RXNORM}, first)
    taken(NEW_YEAR, {"rxnorm": packed}, second)

    assert written(first, "rxnorm") == written(second, "rxnorm")


LISTED = [
    ",J0599,SC,First Coast Service Options,2019-09-18,",
    ",J3262,SC,First Coast Service Options,2026-06-01,",
    "abatacept,J0129,SC,First Coast Service Options; Noridian,2021-04-01,",
    "interferon-beta-1a,C9399,SC,First Coast Service Options,2017-07-16,",
    "interferon-beta-1a,J1826,IM,Noridian,2012-01-01,",
    "semaglutide,J3590,SC,Noridian,2019-09-18,",
]


def test_the_contractors_lists_are_read_from_the_coverage_database(tmp_path: Path) -> None:
    """An ingredient where every code of it is listed, the code alone where others are covered; retired lists are over."""
    drugs = drug_lists(tmp_path, whole=True)
    change = taken(JULY, {"sad": article_export(tmp_path / "current_article.zip")}, drugs)[
        "self_administered"
    ]

    cite = "CMS-SAD-2026-07-02,2026-07-02"
    assert written(drugs, "self_administered", "20260701")[1:] == sorted(
        [
            *(f"{row},{cite}" for row in LISTED),
            "somatropin,J2941,SC,refused by OPPS,2026-01-01,,OPPS-2026-01-01,2026-01-01",
        ]
    )
    assert [note.line(None) for note in change.notes] == [
        (
            "2 left out: rows whose drug the formulary does not know"
            " (J3590 Imaginix (imaginumab), Q3027 Avonex (interferon beta-1a) intramuscular)"
        ),
        "1 left out: brands without a code of their own whose ingredient has covered codes (Otrexup (methotrexate))",
    ]
    assert drug_problems(drugs) == []


def test_the_table_of_the_lists_alone_is_read_too(tmp_path: Path) -> None:
    """Without the tables beside it a list is called by its article."""
    drugs = drug_lists(tmp_path, whole=True)
    taken(JULY, {"sad": ARTICLES / "article_x_code_table.csv"}, drugs)
    latest = editions(drugs)["self_administered"][-1]
    rows_read = {row["hcpcs"]: row["listed_by"] for _, row in rows(latest)}

    assert latest.released == JULY
    assert rows_read["J3262"] == "A52571"
    assert rows_read["J0129"] == "A52571; A53033"


def test_cms_report_of_the_lists_is_read_too(tmp_path: Path) -> None:
    """The report has headings for people and American days."""
    drugs = drug_lists(tmp_path, whole=True)
    report = tmp_path / "sad.csv"
    report.write_text(
        "Self-Administered Drug Exclusion List\n"
        "HCPCS Code,HCPCS Code Descriptor,Brand Name,Exclusion Effective Date\n"
        "J0129,(not kept),Orencia (abatacept) subcutaneous use*,4/1/21\n"
        "C9399,(not kept),Ozempic (semaglutide),12/11/2022\n",
        encoding="utf-8",
    )
    taken(JULY, {"sad": report}, drugs)

    assert written(drugs, "self_administered", "20260701")[1:3] == [
        "abatacept,J0129,SC,CMS list,2021-04-01,,CMS-SAD-2026-07-01,2026-07-01",
        "semaglutide,C9399,SC,CMS list,2022-12-11,,CMS-SAD-2026-07-01,2026-07-01",
    ]


def test_a_second_time_takes_a_purpose(tmp_path: Path) -> None:
    """The same quarter again is refused, and with ``replace`` changes nothing."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"hcpcs": HCPCS, "asp_ndc": ASP}, drugs)
    before = tree(drugs)

    assert refusal(NEW_YEAR, {"hcpcs": HCPCS}, drugs) == (
        "20260101 already holds hcpcs; replace them on purpose, or not.",
    )
    change = taken(NEW_YEAR, {"hcpcs": HCPCS}, drugs, replace=True)["hcpcs"]
    assert (change.came, change.moved) == ((), ())
    assert tree(drugs) == before


def test_nothing_older_is_laid_over_what_is_installed(tmp_path: Path) -> None:
    """An older list would bring back codes that have ended since."""
    drugs = drug_lists(tmp_path)
    older = tmp_path / "HCPC2025_JUL_ANWEB.txt"
    older.write_bytes(HCPCS.read_bytes())

    assert refusal(date(2025, 7, 1), {"hcpcs": older}, drugs) == (
        "hcpcs: the file is of 2025-07-01, older than the installed one of 2025-10-01; take a newer one.",
    )


def test_a_release_older_than_the_one_of_its_quarter_is_refused(tmp_path: Path) -> None:
    """RxNorm comes by the month: February's is not written over with January's."""
    drugs = drug_lists(tmp_path)
    february = tmp_path / "RxNorm_full_02022026"
    february.symlink_to(RXNORM)
    taken(NEW_YEAR, {"rxnorm": february}, drugs)

    with pytest.raises(
        RefreshRefusedError, match="the file is of 2026-01-05, older than the installed one of 2026-02-02"
    ):
        taken(NEW_YEAR, {"rxnorm": RXNORM}, drugs, replace=True)


def test_a_result_that_does_not_hold_is_taken_back(tmp_path: Path) -> None:
    """A formulary that is broken elsewhere keeps its old lists, byte for byte."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"asp_ndc": ASP}, drugs)
    words = drugs / "strengths.csv"
    words.write_text(
        words.read_text(encoding="utf-8").replace("leuprolide,15,", "leuprolide,fifteen,"), encoding="utf-8"
    )

    faults = refusal(NEW_YEAR, {"hcpcs": HCPCS}, drugs)

    assert any("'fifteen' is no strength in mg" in fault for fault in faults)


def test_an_installed_formulary_that_cannot_be_read_is_told_as_the_check_does(tmp_path: Path) -> None:
    """The line to mend, before any official file is laid against it."""
    drugs = drug_lists(tmp_path)
    products = drugs / "products.csv"
    text = products.read_text(encoding="utf-8").replace("ceftriaxone,,therapeutic", "ceftriaxone,,antibiotic")
    products.write_text(text, encoding="utf-8")

    assert any(
        "'antibiotic' is no billing class" in fault for fault in refusal(NEW_YEAR, {"hcpcs": HCPCS}, drugs)
    )


def test_tables_and_lists_of_one_quarter_are_written_together_or_not(tmp_path: Path) -> None:
    """A bad edit file keeps good drug lists out."""
    drugs, edits = drug_lists(tmp_path), tmp_path / "edits"
    edits.mkdir()
    (edits / "families.toml").write_text("", encoding="utf-8")
    bad = tmp_path / "opps.csv"
    bad.write_text("nothing", encoding="utf-8")
    before = tree(tmp_path)

    with pytest.raises(RefreshRefusedError, match="no header row"):
        take_in(NEW_YEAR, {"opps": [bad]}, {"hcpcs": HCPCS}, edits, drugs)

    assert tree(tmp_path) == before


def test_every_list_of_a_quarter_at_once_is_in_order(tmp_path: Path) -> None:
    """Lists join a folder that stands, and lean on one another."""
    drugs = drug_lists(tmp_path)
    taken(NEW_YEAR, {"hcpcs": HCPCS}, drugs)
    taken(NEW_YEAR, {"asp_ndc": ASP, "rxnorm": RXNORM}, drugs)

    assert sorted(path.name for path in (drugs / "20260101").iterdir()) == [
        *(
            "edition.toml",
            "hcpcs.csv",
            "ndc.csv",
            "ndc_rxnorm.csv",
            "package_units.csv",
            "rxnorm.csv",
            "sources.toml",
        ),
    ]
    assert drug_problems(drugs) == []


ADDENDUM = (
    "Addendum B,,,,\n"
    '"Effective April 1, 2026 through June 30, 2026",,,,\n'
    "HCPCS Code,Short Descriptor,SI,APC,Payment Rate\n"
    "96365,(not kept),S,5693,$219.40\n"
    "J0129,(not kept),K,9230,$51.125\n"
    'J3262,(not kept),G,9624,"$1,005.882"\n'
    "J1885,(not kept),N,,\n"
    "J0881,(not kept),ZZ,,\n"
    "J9999,(not kept),N,,\n"
)
APRIL = date(2026, 4, 1)


def test_a_quarters_statuses_of_drugs_stand_beside_those_before(tmp_path: Path) -> None:
    """From their quarter on, with the rate of CMS to the last digit; a status without a sense is named."""
    drugs = drug_lists(tmp_path)
    addendum = tmp_path / "addendum-b.csv"
    addendum.write_text(ADDENDUM, encoding="utf-8")
    change = taken(APRIL, {"opps_drugs": addendum}, drugs)["opps_drugs"]

    lines = (drugs / "20260401" / "opps_drugs.csv").read_text(encoding="utf-8").splitlines()
    wanted = ["code,status,rate", "J0129,K,51.125", "J1885,N,", "J3262,G,1005.882"]
    assert [line for line in lines if not line.startswith("#")] == wanted
    assert change.notes[0].line(None) == "1 left out: codes whose status is no drug's (J0881 ZZ)"
    assert drug_problems(drugs) == []


@pytest.mark.parametrize(("old", "new", "says"), [
    ("April 1, 2026", "July 1, 2026", "is the addendum of 2026-07-01, not of 2026-04-01"),
    ("$51.125", "much", "field 'Payment Rate': must be an amount in dollars"),
    ("Payment Rate", "Money", "no header row"),
])  # fmt: skip
def test_another_addendum_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    """In one sentence with its line."""
    addendum = tmp_path / "addendum-b.csv"
    addendum.write_text(ADDENDUM.replace(old, new), encoding="utf-8")
    assert any(says in one for one in refusal(APRIL, {"opps_drugs": addendum}, drug_lists(tmp_path)))
