"""Small drug lists to refresh, and downloads made of the published files in ``tests/streams/cms/published``."""

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from zipfile import ZIP_DEFLATED, ZipFile

from rules.data_files import DRUGS

PUBLISHED = Path(__file__).resolve().parents[1] / "streams" / "cms" / "published"
HCPCS = PUBLISHED / "HCPC2026_JAN_ANWEB_01122026.txt"
ASP = PUBLISHED / "section 508 version of January 2026 ASP NDC-HCPCS Crosswalk 121725.csv"
RXNORM = PUBLISHED / "RxNorm_full_01052026"
ARTICLES = PUBLISHED / "current_article_csv"

EDITIONS = "".join(
    f'[{table}]\ncite = "HCPCS-2025-11"\nreleased = 2025-10-01\n'
    for table in ("hcpcs", "ndc", "package_units", "rxnorm", "self_administered")
)
INSTALLED: Mapping[str, str] = {
    "hcpcs.csv": (
        "code,product,from,until\n"
        "90380,nirsevimab,,\n"
        "J0129,abatacept,,\n"
        "J0881,darbepoetin-alfa,,\n"
        "J0882,darbepoetin-alfa,,\n"
        "J1885,ketorolac,,\n"
        "J3262,tocilizumab,,\n"
        "J3301,triamcinolone,,\n"
        "J3357,ustekinumab,,\n"
        "J3370,vancomycin,,\n"
        "J9019,asparaginase,,\n"
    ),
    "ndc.csv": "ndc,hcpcs\n00003218713,J0129\n99999999999,J0129\n",
    "package_units.csv": "ndc,hcpcs,units\n00003218713,J0129,20\n99999999999,J0129,25\n",
    "rxnorm.csv": (
        "rxcui,tty,ingredient,product,cite\n"
        "309090,SCD,,ceftriaxone,RXNORM-ECQI\n"
        "99000010,PIN,,ceftriaxone,RXNORM-ECQI\n"
    ),
    "self_administered.csv": (
        "ingredient,hcpcs,routes,listed_by,from,until,cite,as_of\n"
        "abatacept,J0129,SC,CMS list,2021-04-01,,SAD-CMS-2023,2023-10-01\n"
        "somatropin,J2941,SC,refused by OPPS,2026-01-01,,OPPS-2026-01-01,2026-01-01\n"
    ),
    "editions.toml": EDITIONS,
}


def drug_lists(folder: Path, *, whole: bool = False) -> Path:
    """Return a folder with the whole formulary and few codes, or with all codes, none of them newer than 2025."""
    drugs = copytree(DRUGS, folder / "drugs")
    for name, text in INSTALLED.items():
        if not whole or name in {"editions.toml", "self_administered.csv"}:
            (drugs / name).write_text(text, encoding="utf-8")
    return drugs


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder by its path, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def archive(path: Path, members: Mapping[str, bytes]) -> Path:
    """Return a zip archive of some members."""
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def article_export(path: Path, **changed: str) -> Path:
    """Return CMS's export of current articles: an archive in an archive, in the Windows code page."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in ARTICLES.iterdir()}
    texts |= {f"{name}.csv": text for name, text in changed.items()}
    tables = {name: text.replace("\n", "\r\n").encode("cp1252") for name, text in texts.items()}
    inner = archive(path.with_name("current_article_csv.zip"), tables)
    return archive(path, {"current_article_csv.zip": inner.read_bytes(), "read_me.pdf": b"%PDF"})
