"""XML of feeds, notes, references and books: what was written, without what stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.text.test_own_texts import SENTENCES, both, said, write

ENTRIES = {
    "WordPress": (
        "<rss version='2.0' xmlns:content='c' xmlns:dc='d' xmlns:wp='w'><channel>"
        "<title>Blog</title>{}</channel></rss>",
        "<item><title>Post {i}</title><link>http://example.org</link><pubDate>Mon, 1</pubDate>"
        "<dc:creator><![CDATA[ann]]></dc:creator><content:encoded><![CDATA[<!-- wp -->"
        "<p>{s}</p>]]></content:encoded><wp:status>publish</wp:status></item>",
        {"date": "Mon, 1", "author": "ann"},
    ),
    "RSS": (
        "<rss><channel><description>All the news</description>{}</channel></rss>",
        "<item><title>Post {i}</title><guid>publish</guid><description>{s}</description></item>",
        {},
    ),
    "Atom": (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Blog</title>{}</feed>",
        "<entry><id>publish</id><title>Post {i}</title><updated>2024</updated><author><name>ann"
        "</name></author><content type='xhtml'><div><p>{s}</p></div></content></entry>",
        {"date": "2024", "author": "ann"},
    ),
    "Evernote": (
        "<!DOCTYPE en-export SYSTEM 'x.dtd'>\n<en-export>{}</en-export>",
        "<note><title>Post {i}</title><content><![CDATA[<?xml version='1.0'?><!DOCTYPE en-note"
        " SYSTEM 'x'><en-note><div>{s}</div></en-note>]]></content><created>2024</created>"
        "<resource><data encoding='base64'>publish</data></resource></note>",
        {"date": "2024"},
    ),
    "EndNote": (
        "<xml><records>{}</records></xml>",
        "<record><database>publish</database><titles><title><style face='normal'>Post {i}</style>"
        "</title></titles><dates><year>2024</year></dates><abstract><style face='normal'>{s}"
        "</style></abstract></record>",
        {"year": "2024"},
    ),
}


@pytest.mark.parametrize(("page", "entry", "kept"), ENTRIES.values(), ids=ENTRIES)
def test_each_entry_is_a_document(
    tmp_path: Path, page: str, entry: str, kept: dict[str, str]
) -> None:
    entries = "".join(entry.format(i=i, s=s) for i, s in enumerate(SENTENCES))
    content = '<?xml version="1.0"?>\n' + page.format(entries)
    found, corpus = both(write(tmp_path / "a.xml", content))
    assert corpus.documents["text"].tolist() == SENTENCES
    assert corpus.documents["title"].tolist() == [f"Post {i}" for i in range(4)]
    assert {key: str(corpus.documents[key][0]) for key in kept} == kept
    assert "Each entry is a document: 4." in said(found) and "publish" not in corpus.words


def test_an_export_that_is_cut_keeps_what_stands_before(tmp_path: Path) -> None:
    page, entry, _ = ENTRIES["WordPress"]
    whole = page.format("".join(entry.format(i=i, s=s) for i, s in enumerate(SENTENCES)))
    _, corpus = both(write(tmp_path / "a.xml", whole[: whole.index(SENTENCES[3])]))
    assert corpus.documents["text"].tolist() == SENTENCES[:3]


BOOKS = {
    "TEI": (
        "<TEI><teiHeader><p>Header</p></teiHeader><text><fw>Running</fw><p>A wo<lb break='no'/>rd"
        " of <choice><sic>teh</sic><corr>the</corr></choice> <choice><orig>olde</orig>"
        "<reg>old</reg></choice> sea.<lb/>More.</p></text></TEI>",
        "A word of the old sea. More.",
    ),
    "TTML": (
        "<tt xmlns='http://www.w3.org/ns/ttml'><head><metadata>Show</metadata></head><body><div>"
        "<p begin='1s'>One line<br/>and another.</p></div></body></tt>",
        "One line and another.",
    ),
    "FictionBook": (
        "<FictionBook><description><title-info><genre>prose</genre></title-info></description><body>"
        "<p>It was late.</p></body><binary id='c'>iVBORw0KGgoAAAANSUhEUgAA</binary></FictionBook>",
        "It was late.",
    ),
    "SemCor": (
        "<contextfile><context><s><wf pos='PRP'>It</wf>\n<wf pos='VB'>was</wf>\n<wf>late</wf>"
        "<punc>.</punc></s></context></contextfile>",
        "It was late.",
    ),
    "GATE": (
        "<GateDocument><GateDocumentFeatures><Name>x</Name></GateDocumentFeatures><TextWithNodes>"
        "<Node id='0'/>It was<Node id='6'/> late.</TextWithNodes><AnnotationSet><Feature><Value>x"
        "</Value></Feature></AnnotationSet></GateDocument>",
        "It was late.",
    ),
    "OpenSubtitles": (
        "<document><meta><genre>Drama</genre></meta><s id='1'><time value='1'/><w>It</w> <w>was</w>"
        " <w>late.</w></s></document>",
        "It was late.",
    ),
}


@pytest.mark.parametrize(("content", "text"), BOOKS.values(), ids=BOOKS)
def test_what_is_beside_the_text_of_a_book_is_none(tmp_path: Path, content: str, text: str) -> None:
    _, corpus = both(write(tmp_path / "a.xml", f"<?xml version='1.0'?>\n{content}"))
    assert corpus.documents["text"].tolist() == [text]
