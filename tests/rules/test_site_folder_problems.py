"""What is wrong with a site's folder: each thing one sentence, with its file and its line."""

from datetime import date
from pathlib import Path

import pytest

from rules.catalogue.site_check import problems
from rules.site_folder import SiteFolderError, read_site

TODAY = date(2026, 11, 28)
SIGNED = "product,class,signed_by,signed_role,signed_on\n"
EDITION = 'effective = 2027-01-01\n\n[opps]\ncite = "OPPS-2026-01-01"\ncovers = "all"\n'
LAYER = 'scope = "{scope}"\nname = "{name}"\ntitle = "T"\nedition = 2026-11-22\n'


def found(folder: Path, file: str, text: str | bytes) -> list[str]:
    """Return what is wrong with a folder of one file."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return problems(read_site(folder), TODAY)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            "product,clas\nx,therapeutic\n",
            "line 1: there is no column 'clas'. Did you mean class? Columns: product, class, ingredient, by_route,",
        ),
        ("product,product,class\n", "line 1: the column product stands twice; keep one."),
        ("product,names\n", "line 1: the column class is missing."),
        ("# nothing\n", "line 1: is empty; its first line names the columns product, class."),
        (
            "product,class\nx,therapeutic,y\n",
            "line 2: has too many or too few commas; quote a cell that holds one.",
        ),
        ("product,class\nx,\n", "line 2: class may not be empty."),
        (SIGNED + "x,hydraulic,p-1,pharmacist,2026-11-20\n", "line 2: 'hydraulic' is no billing class"),
        (
            SIGNED + "# who\n\nx,therapeutic,p-1,pharmacist,\n",
            "line 4: is half signed: signed_on is empty. Write who signed, in which role, and the day; or none of them.",
        ),
        (
            SIGNED + "x,therapeutic,p-1,pharmacist,2026-11-29\n",
            "line 2: is signed on 2026-11-29, a day still to come; write the day on which it was signed.",
        ),
        (
            SIGNED + "x,therapeutic,p-1,pharmacist,20 Nov\n",
            "line 2: signed_on must be a date such as 2026-11-20.",
        ),
        (
            SIGNED + "x,therapeutic,p-1,boss,2026-11-20\n",
            "line 2: signed_role is 'boss'; write pharmacist, coder or physician.",
        ),
        (
            SIGNED + "x,therapeutic,p 1,pharmacist,2026-11-20\n",
            "line 2: signed_by is the site's own name for a person, such as pharmacist-1: letters, digits, dots, dashes.",
        ),
        ("product,class\nx,therapeutic\n", "line 2: cites nothing; name the source of its class."),
        (
            "product,class\natracurium,therapeutic\n",
            "line 2: calls atracurium therapeutic, but it ships as anesthetic; sign the row, or take it out.",
        ),
        (
            SIGNED + "bupivacaine,therapeutic,p-1,pharmacist,2026-11-20\n",
            "line 2: calls bupivacaine therapeutic, but it ships as anesthetic, which a source decides (WMIB, A58527);",
        ),
        (
            "product,class,ingredient\natracurium,anesthetic,curare\n",
            "line 2: calls the ingredient of atracurium curare, but it ships as atracurium; leave the cell empty.",
        ),
        (
            "product,class,pushable\narticaine,anesthetic,yes\n",
            "line 2: says pushable yes of articaine, but it ships as never; sign the row, or leave the cell empty.",
        ),
        (
            "product,class,cites,names\nx,therapeutic,HOUSE,tracrium\n",
            "line 2: the name 'tracrium' already means atracurium; leave it out.",
        ),
        (
            SIGNED + "x,therapeutic,p-1,pharmacist,2026-11-20\nx,hydration,p-1,pharmacist,2026-11-20\n",
            "line 3: x is in line 2 already, on the same days; keep one.",
        ),
    ],
)
def test_a_wrong_row_of_drugs(tmp_path: Path, rows: str, says: str) -> None:
    """Nothing of it is guessed at, and no other row is lost over it."""
    (problem,) = found(tmp_path, "drugs/products.csv", rows)
    assert problem.startswith(f"drugs/products.csv {says}")


@pytest.mark.parametrize(
    ("file", "rows", "says"),
    [
        (
            "hcpcs.csv",
            "code,product\nJ1,ceftriaxone\n",
            "line 2: 'J1' is no product code; write J3373 or 90380.",
        ),
        ("hcpcs.csv", "code,product\nJ0001,nothing\n", "line 2: 'nothing' is not in products.csv."),
        (
            "hcpcs.csv",
            "code,product\nJ0696,bupivacaine\n",
            "line 2: J0696 ships as ceftriaxone, of another class; take the row out, or give it other days.",
        ),
        (
            "hcpcs.csv",
            "code,product\nJ0001,ceftriaxone\nJ0001,ceftriaxone\n",
            "line 3: J0001 is in line 2 already, on the same days; keep one.",
        ),
        ("rxnorm.csv", "rxcui,tty,product\nx,SCD,ceftriaxone\n", "line 2: rxcui 'x' is no number."),
        (
            "rxnorm.csv",
            "rxcui,tty,product\n999,PILL,ceftriaxone\n",
            "line 2: tty 'PILL' is no kind of drug; write BN,",
        ),
        (
            "rxnorm.csv",
            "rxcui,tty,product\n999,SCD,\n",
            "line 2: write an ingredient or a product, one of them.",
        ),
        (
            "rxnorm.csv",
            "rxcui,tty,product\n999,SCD,x\n",
            "line 2: there is no product 'x'; add it to products.csv.",
        ),
        (
            "rxnorm.csv",
            "rxcui,tty,ingredient\n999,SCD,1\n",
            "line 2: ingredient '1' is no rxcui of products.csv.",
        ),
        (
            "rxnorm.csv",
            "rxcui,tty,product\n204466,SCD,ceftriaxone\n",
            "line 2: 204466 ships as penicillin-g, not ceftriaxone; a shipped concept keeps its meaning.",
        ),
        (
            "rxnorm.csv",
            "rxcui,tty,product\n999,SCD,ceftriaxone\n999,SCD,nafcillin\n",
            "line 3: 999 is in line 2 already; keep one.",
        ),
        (
            "ndc.csv",
            "ndc,hcpcs\n0000200030,J0696\n",
            "line 2: ndc '0000200030' is no single package; write eleven digits, or ten with their hyphens.",
        ),
        (
            "ndc.csv",
            "ndc,hcpcs\n99999000101,X9999\n",
            "line 2: 99999000101 is billed with 'X9999', which no hcpcs.csv holds.",
        ),
        (
            "ndc.csv",
            "ndc,hcpcs\n99999-0001-01,J0696\n99999000101,J0696\n",
            "line 3: 99999000101 with J0696 is in line 2 already; keep one.",
        ),
        (
            "ndc.csv",
            "ndc,hcpcs\n00003-2187-13,J0696\n",
            "line 2: 00003-2187-13 ships as abatacept, not ceftriaxone; a shipped package keeps its meaning.",
        ),
        (
            "self_administered.csv",
            "ingredient,routes,listed_by,from,cite,as_of\nx,IV,NGS,2026-01-01,SAD-DEF,2026-01-01\n",
            "line 2: routes are SC and IM, joined by a semicolon; nothing else is listed.",
        ),
        (
            "self_administered.csv",
            "ingredient,routes,listed_by,from,cite,as_of\nx,SC,NGS,January,NOBODY,2026-01-01\n",
            "line 2: from, until and as_of must be dates such as 2026-01-01.",
        ),
        (
            "self_administered.csv",
            "hcpcs,routes,listed_by,from,until,cite,as_of\nJ1,SC,NGS,2026-01-01,2025-01-01,SAD-DEF,2026-01-01\n",
            "line 2: until lies before from.",
        ),
        (
            "self_administered.csv",
            "ingredient,routes,listed_by,from,cite,as_of\n,SC,NGS,2026-01-01,SAD-DEF,2026-01-01\n",
            "line 2: names neither an ingredient nor a code.",
        ),
        (
            "self_administered.csv",
            "ingredient,routes,listed_by,from,cite,as_of\nx,SC,NGS,2026-01-01,NOBODY,2026-01-01\n",
            "line 2: cites NOBODY, which no sources.toml declares; declare it in the folder's own.",
        ),
    ],
)
def test_a_wrong_row_of_another_list(tmp_path: Path, file: str, rows: str, says: str) -> None:
    """A row may add to what ships; it may not contradict it."""
    (problem,) = found(tmp_path, f"drugs/{file}", rows)
    assert problem.startswith(f"drugs/{file} {says}")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "drugs/ndc.csv",
            b"ndc,hcpcs\n\xff,J0696\n",
            "drugs/ndc.csv: is not UTF-8 text; save it again as UTF-8.",
        ),
        ("sources.toml", "[X\n", "sources.toml: is not TOML: "),
        (
            "sources.toml",
            '[X]\ntitle = "T"\n',
            "sources.toml [X]: grade must be one of A, B, C, K, unverified.",
        ),
        (
            "sources.toml",
            '[IOM12]\ntitle = "Mine"\ngrade = "A"\n',
            "sources.toml [IOM12]: already declared in the shipped sources.toml; a key stands for one source.",
        ),
        (
            "edits/20270101/opps.csv",
            "code\n",
            "edits/20270101/edition.toml: is missing; copy the whole folder",
        ),
        (
            "edits/20270101/edition.toml",
            EDITION,
            "edits/20270101/opps.csv: named in edition.toml but cannot be read; restore it or take its section out.",
        ),
        (
            "edits/20270101/edition.toml",
            EDITION.replace("2027-01-01", "2027-04-01"),
            "edits/20270101/edition.toml: effective must be the folder's own date, written 2026-01-01.",
        ),
        (
            "drugs/20270101/edition.toml",
            "effective = 2027-01-01\n\n[pills]\n",
            "drugs/20270101/edition.toml: no list is called pills;",
        ),
        (
            "policies/own.toml",
            LAYER.format(scope="payer", name="medicare"),
            "policies/own.toml line 2: the name 'medicare' belongs to a policy that ships; choose another, and build on",
        ),
        (
            "policies/own.toml",
            LAYER.format(scope="facility", name="Aetna") + 'facility = "N"\n',
            "policies/own.toml line 2: the name 'Aetna' belongs to a policy that ships; choose another.",
        ),
        ("policies/own.toml", 'scope = "payer"\nname = \n', "policies/own.toml: is not TOML: "),
        (
            "policies/own.toml",
            LAYER.format(scope="payer", name="x")
            + '\n[[values]]\nkey = "dos"\nfrom = 2026-01-01\nvalue = "by_hour"\ncite = "C"\n'
            + '\n[[values]]\nkey = "doss"\nfrom = 2026-01-01\nvalue = "by_hour"\ncite = "C"\n',
            "policies/own.toml line 12: values entry 2: There is no switch 'doss'. Did you mean dos (P-25)?",
        ),
        (
            "policies/own.toml",
            LAYER.format(scope="payer", name="x") + 'extends = "nobody"\n',
            "policies/own.toml: extends 'nobody', but there is no such payer.",
        ),
    ],
)
def test_a_wrong_file(tmp_path: Path, file: str, text: str | bytes, says: str) -> None:
    """Named with what to do about it."""
    (problem,) = found(tmp_path, file, text)
    assert problem.startswith(says)


def test_two_policies_of_one_site_share_no_name(tmp_path: Path) -> None:
    """The name goes on a charge set, and must tell which of them decided."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for name, facility in (("a", "N"), ("b", "S")):
        text = LAYER.format(scope="facility", name="north") + f'facility = "{facility}"\n'
        (policies / f"{name}.toml").write_text(text, encoding="utf-8")
    says = "policies/b.toml line 2: the name 'north' belongs to a.toml; choose another."
    assert problems(read_site(tmp_path), TODAY) == [says]


def test_a_table_without_its_section_is_found(tmp_path: Path) -> None:
    """It would lie there and decide nothing."""
    folder = tmp_path / "edits" / "20270101"
    folder.mkdir(parents=True)
    (folder / "edition.toml").write_text(EDITION, encoding="utf-8")
    (folder / "opps.csv").write_text("code,status,apc,cents\n96365,S,5693,30000\n", encoding="utf-8")
    (folder / "mue_outpatient.csv").write_text("code,value,mai\n96365,1,3\n", encoding="utf-8")
    (problem,) = problems(read_site(tmp_path), TODAY)
    assert problem == (
        "edits/20270101/mue_outpatient.csv: edition.toml beside it has no section for it; write one, or take the file away."
    )


def test_a_pair_in_both_orders_is_found_across_the_shipped_edition(tmp_path: Path) -> None:
    """A site's pair against the order of a shipped one would deny both codes."""
    folder = tmp_path / "edits" / "20270101"
    folder.mkdir(parents=True)
    text = EDITION.replace("[opps]", "[ptp_outpatient]").replace("all", "read")
    (folder / "edition.toml").write_text(text, encoding="utf-8")
    (folder / "ptp_outpatient.csv").write_text("column1,column2,modifier\n96523,36000,0\n", encoding="utf-8")
    (problem,) = problems(read_site(tmp_path), TODAY)
    assert problem.endswith("36000 and 96523 stand in both orders from 2027-01-01.")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """Missing, or a file."""
    with pytest.raises(SiteFolderError, match="there is no such folder"):
        read_site(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteFolderError, match="is no folder"):
        read_site(tmp_path / "file")


def test_a_file_nobody_would_read(tmp_path: Path) -> None:
    """A misspelt name would decide nothing and say nothing; what is hidden or for people is left alone."""
    for name in (".20270101.new/edition.toml", "README.md", "notes.txt", "drugs/.products.csv.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert problems(read_site(tmp_path), TODAY) == []
    (tmp_path / "drugs" / "product.csv").write_text("", encoding="utf-8")
    with pytest.raises(SiteFolderError, match=r"^drugs/product\.csv: a site's folder has no such file"):
        read_site(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It is named; nothing is coded without it."""
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "ndc.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SiteFolderError, match=r"^drugs/ndc\.csv: cannot be read: No such file"):
        read_site(tmp_path)
