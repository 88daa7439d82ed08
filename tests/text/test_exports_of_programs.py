"""What programs export: read as it is meant, or refused by name with the step that helps."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look
from tests.text.test_headers_of_tables import table
from tests.text.test_own_texts import SENTENCES, both, said, write

S = SENTENCES[0]
REFUSED = {
    "CoNLL-U Plus": "# global.columns = ID FORM\n# sent_id = 1\n1\tThe\n2\tboat\n\n",
    "WebAnno": f"#FORMAT=WebAnno TSV 3.2\n\n\n#Text={S}\n1-1\t0-3\tThe\t_\n",
    "TextGrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\n',
    "Kindle": f"The Boat (Doe, J)\n- Your Highlight on page 7\n\n{S}\n==========\n\ufeff" * 3,
    "YAML": "".join(f"- id: {i}\n  text: {s}\n" for i, s in enumerate(SENTENCES)),
    "is YAML": f'version: "3.1"\n\nnlu:\n- intent: greet\n  examples: |\n    - {S}\n',
    "Org mode": f"#+TITLE: Notes\n* TODO One\n:PROPERTIES:\n:END:\n{S}\n",
    "AsciiDoc": f"= Title\nAnn Lee\n:toc:\n\n== One\n\n{S}\n",
    "reStructuredText": f"Title\n=====\n\n.. note:: So.\n\n{S}\n\n.. code-block:: python\n\n   x\n",
    "PAGE XML": "<?xml version='1.0'?>\n<PcGts xmlns='http://x'><Page/></PcGts>",
    "MARC": "00714cam a2200205 a 4500001001300000003000400013\x1e12883376\x1eDLC\x1e\x1fa" + S,
    "references of PubMed": f"\nPMID- 12345\nOWN - NLM\nTI  - A title\nAB  - {S}\n",
    "Web of Science": f"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAB {S}\nER\n",
    "whose words carry tags": " ".join(["The/at", "Fulton/np-tl", "said/vbd", "so/rb"] * 6),
    "in two languages": "The boat . ||| Das Boot .\n" * 6,
    "CoreNLP": "<root><document><sentences><sentence/></sentences></document></root>",
    "FoLiA": "<?xml version='1.0'?>\n<FoLiA xmlns='http://x'><text/></FoLiA>",
    "UIMA": "<?xml version='1.0'?>\n<xmi:XMI xmlns:xmi='x'><cas:Sofa sofaString='So.'/></xmi:XMI>",
    "Telegram": "<!DOCTYPE html>\n<html><head><title>Exported Data</title></head></html>",
    "EndNote": f"%0 Journal Article\n%T A title\n%X {S}\n",
}


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("what", "content"), REFUSED.items(), ids=REFUSED)
def test_text_of_programs_is_refused_with_the_next_step(
    tmp_path: Path, what: str, content: str, end: str, codec: str
) -> None:
    path = write(tmp_path / "a.txt", content.replace("\n", end).encode(codec))
    with pytest.raises(FormatError, match=rf"{what}.*(?:[Tt]ake|Export|Turn|Put|grep)"):
        look(path)


FILES = {
    "of R": gzip.compress(b"X\n\0\0\0\x03\0\x04\x02\x03" + bytes(99)),
    "a file of R": gzip.compress(b"RDX3\nX\n\0\0\0\x03" + bytes(99)),
    "of SPSS": b"$FL2@(#) IBM SPSS STATISTICS" + bytes(99),
    "of Stata": b"<stata_dta><header><release>118</release>" + bytes(99),
    "of SAS": bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf" + bytes(99),
    "Avro": b"Obj\x01\x04\x16avro.schema" + bytes(99),
    "ORC": b"ORC" + bytes(99),
    "e-book": b"The_Boat" + bytes(52) + b"BOOKMOBI" + bytes(99),
    "DjVu": b"AT&TFORM\0\0\1\2DJVM" + bytes(99),
    "WordPerfect": b"\xffWPC\x10" + bytes(99),
}


@pytest.mark.parametrize(("what", "content"), FILES.items(), ids=FILES)
def test_files_of_programs_are_named(tmp_path: Path, what: str, content: bytes) -> None:
    with pytest.raises(FormatError, match=rf"{what}.*\. (?:Save|Take|Convert)"):
        look(write(tmp_path / "a.txt", content))


def test_messages_in_a_column_lose_their_headers(tmp_path: Path) -> None:
    """As the mail of Enron is published."""
    head = "Message-ID: <1.a@b>\nDate: Mon, 14 May 2001\nFrom: a@b.com\nSubject: Hello\nX-To: Tim\n"
    rows = [["file", "message"], *[[f"a/{i}.", f"{head}\n{s}"] for i, s in enumerate(SENTENCES)]]
    _, corpus = both(write(tmp_path / "emails.csv", table(rows)))
    assert corpus.documents["text"].tolist() == SENTENCES and "subject" not in corpus.words


def test_a_line_of_captions_that_roll_up_is_read_once(tmp_path: Path) -> None:
    """As YouTube's own captions show each line, while it is said and above the next one."""
    lines = [s.rstrip(".") for s in SENTENCES]
    cues, before = [], " "
    for i, line in enumerate(lines):
        first, _, rest = line.partition(" ")
        times = f"00:00:0{i}.000 --> 00:00:0{i}.900 align:start position:0%"
        cues.append(f"{times}\n{before}\n{first}<00:00:0{i}.400><c> {rest}</c>")
        cues.append(f"{times}\n{line}\n ")
        before = line
    _, corpus = both(write(tmp_path / "a.vtt", "WEBVTT\nKind: captions\n\n" + "\n\n".join(cues)))
    assert corpus.documents["text"].tolist() == ["\n".join(lines)]


def test_pieces_with_their_blanks_are_one_text(tmp_path: Path) -> None:
    events = [
        {"segs": [{"utf8": s[:9]}, {"utf8": s[9:]}]} for s in ("The old  boat.", "It is so far.")
    ]
    _, corpus = both(write(tmp_path / "a.json", json.dumps({"pens": [{}], "events": events})))
    assert corpus.documents["text"].tolist() == ["The old  boat.", "It is so far."]


def test_a_note_of_google_keep_beside_its_labels(tmp_path: Path) -> None:
    note = {"textContent": "Buy the boat.", "title": "Plan", "labels": [{"name": "work"}]}
    _, corpus = both(write(tmp_path / "a.json", json.dumps(note)))
    assert corpus.documents["text"].tolist() == ["Buy the boat."]


def test_a_licence_in_each_row_is_no_text(tmp_path: Path) -> None:
    """As the pairs of sentences of Tatoeba come, each with who wrote it."""
    rows = [
        [s, "Der alte Hafen.", f"CC-BY 2.0 (France) Attribution: tatoeba.org #{i} (cm) & #{i} (bu)"]
        for i, s in enumerate(SENTENCES * 6)
    ]
    found, corpus = both(write(tmp_path / "deu.txt", table(rows, "\t")))
    assert found.column == "column1" and corpus.documents["text"].tolist() == SENTENCES * 6
    assert "parted by tabs" in said(found)
