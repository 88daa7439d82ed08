"""Articles of PubMed and JATS: titles, abstracts and bodies are the text, nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from clif_core.text.readers import look
from tests.text.test_own_texts import SENTENCES, both, said, write

PUBMED = """<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{i}</PMID>
<DateCompleted><Year>2099</Year></DateCompleted><Article><Journal><ISSN>0028</ISSN><JournalIssue>
<Volume>7</Volume><PubDate>{date}</PubDate></JournalIssue><Title>Journal of nurses</Title>
<ISOAbbreviation>J Nurs</ISOAbbreviation></Journal>
<ArticleTitle>About <i>copper</i> &alpha; {i}.</ArticleTitle>{abstract}<AuthorList><Author>
<LastName>Doe</LastName><Affiliation>Dept</Affiliation></Author></AuthorList></Article>
<OtherAbstract Language="fre"><AbstractText>Bonjour.</AbstractText></OtherAbstract>
<CommentsCorrections><PMID>77</PMID></CommentsCorrections></MedlineCitation>
<PubmedData><ReferenceList><Reference><Citation>Smith</Citation></Reference></ReferenceList>
</PubmedData></PubmedArticle>"""
ABSTRACT = (
    '<Abstract><AbstractText Label="AIMS">{s}</AbstractText><AbstractText>H<sub>2</sub>O &lt; 5'
    " &amp; &lt;sup&gt;more&lt;/sup&gt;.</AbstractText><CopyrightInformation>Mine"
    "</CopyrightInformation></Abstract>"
)
HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st'
    ' January 2019//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_190101.dtd">\n'
)
DATES = ["<Year>1999</Year>", "<MedlineDate>2003 Dec-2004 Jan</MedlineDate>"] * 2


def article(i: int) -> str:
    return PUBMED.format(i=i, date=DATES[i], abstract=ABSTRACT.format(s=SENTENCES[i]))


def text(i: int) -> str:
    return f"About copper α {i}.\n\n{SENTENCES[i]}\n\nH2O < 5 & more."


ARTICLES = [article(i) for i in range(4)]
SET = f"{HEAD}<PubmedArticleSet>\n{{}}\n</PubmedArticleSet>\n"


@pytest.mark.parametrize(
    "content",
    [
        SET.format("\n".join(ARTICLES)),
        SET.format("".join(ARTICLES)).replace("\n", "\r\n"),
        SET.format("".join(ARTICLES[:2])) + SET.format("".join(ARTICLES[2:])),
        "".join(ARTICLES),
    ],
    ids=["lines", "one line", "two sets in one file", "no set"],
)
@pytest.mark.parametrize("name", ["a.xml", "a.txt"])
def test_each_article_of_pubmed_is_a_document(tmp_path: Path, content: str, name: str) -> None:
    found, corpus = both(write(tmp_path / name, content))
    assert corpus.documents["text"].tolist() == [text(i) for i in range(4)]
    assert corpus.documents["title"][1] == "About copper α 1."
    assert corpus.documents["id"].tolist() == ["0", "1", "2", "3"]
    assert corpus.documents["year"].tolist() == [1999, 2003] * 2
    assert set(corpus.documents["journal"]) == {"Journal of nurses"}
    assert "Each article is a document: 4" in said(found) and corpus.n_sentences == 12


def test_an_article_without_an_abstract_is_its_title(tmp_path: Path) -> None:
    content = SET.format(PUBMED.format(i=0, date="", abstract="") + ARTICLES[1])
    _, corpus = both(write(tmp_path / "a.xml", content))
    assert corpus.documents["text"].tolist() == ["About copper α 0.", text(1)]
    assert corpus.documents["year"].tolist() == ["", "2003"]


def test_a_damaged_or_cut_article_takes_no_other_with_it(tmp_path: Path) -> None:
    damaged = ARTICLES[1].replace("</AbstractText><AbstractText>", "</Abstract><AbstractText>")
    content = SET.format(ARTICLES[0] + damaged + ARTICLES[2])
    for given in (content, content + ARTICLES[3][:-40]):
        _, corpus = both(write(tmp_path / "a.xml", given))
        assert corpus.documents["id"].tolist() == ["0", "1", "2"]
        assert corpus.documents["text"].tolist()[::2] == [text(0), text(2)]


BODY = (
    '<sec><title>Results</title><p>{s} It was <italic>E. coli</italic><xref ref-type="bibr">17'
    '</xref>, see <xref ref-type="fig">Figure 1</xref>.</p><fig><label>Figure 1</label><caption>'
    "<p>A boat.</p></caption></fig><table-wrap><table><tr><td>3.4</td></tr></table></table-wrap>"
    "<p>So <inline-formula><mml:math><mml:mi>x</mml:mi></mml:math></inline-formula> grows.</p>"
    "</sec>"
)
JATS = (
    '<article xmlns:mml="http://www.w3.org/1998/Math/MathML" article-type="research"><front>'
    "<journal-meta><journal-id>JX</journal-id><journal-title-group><journal-title>Boats"
    "</journal-title></journal-title-group></journal-meta><article-meta>"
    '<article-id pub-id-type="doi">10.1/{i}</article-id><title-group><article-title>On boats {i}'
    "</article-title></title-group><contrib-group><contrib><surname>Doe</surname></contrib>"
    "</contrib-group><pub-date><year>2010</year></pub-date><pub-date><year>2011</year></pub-date>"
    "<abstract><p>{s}</p></abstract></article-meta></front><body>"
    + BODY
    + "</body><back><ref-list>"
    "<ref><article-title>Other</article-title></ref></ref-list></back></article>"
)


def test_the_title_abstract_and_body_of_jats(tmp_path: Path) -> None:
    articles = [JATS.format(i=i, s=s) for i, s in enumerate(SENTENCES)]
    declared = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "JATS.dtd">\n'
    content = f"<pmc-articleset>{''.join(articles)}</pmc-articleset>"
    for name, given, n in (("a.xml", content, 4), ("a.nxml", declared + articles[0], 1)):
        _, corpus = both(write(tmp_path / name, given))
        assert corpus.n_documents == n and corpus.documents["year"][0] == 2010
        assert corpus.documents["journal"][0] == "Boats" and corpus.documents["id"][0] == "10.1/0"
        assert corpus.documents["text"][0].split("\n\n") == [
            "On boats 0",
            SENTENCES[0],
            "Results",
            f"{SENTENCES[0]} It was E. coli, see Figure 1.",
            "A boat.",
            "So grows.",
        ]


def test_a_long_article_is_previewed_as_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", JATS.format(i=0, s=" ".join(SENTENCES * 6_000)))
    found = look(path)
    assert not found.is_whole and found.documents[0].title == "On boats 0"
    assert found.documents[0].text.startswith(f"On boats 0\n\n{SENTENCES[0]}")


def test_other_articles_are_read_as_they_were(tmp_path: Path) -> None:
    page = f"<html><body><article><p>{SENTENCES[0]}</p></article></body></html>"
    book = f"<?xml version='1.0'?><article><title>T</title><para>{SENTENCES[0]}</para></article>"
    for name, given in (("a.html", page), ("a.xml", book)):
        found, corpus = both(write(tmp_path / name, given))
        assert SENTENCES[0] in corpus.documents["text"][0]
        assert "Each file is a document" in said(found)


def test_entities_and_tags_of_hostile_articles_take_neither_time_nor_room() -> None:
    grown = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 50}">' for i in range(1, 6))
    declared = f'<!DOCTYPE PubmedArticleSet [<!ENTITY a0 "grown">{grown}]>'
    content = declared + ARTICLES[0].replace(SENTENCES[0], f"&a5;{SENTENCES[0]}")
    assert look({"a.xml": content.encode()}).documents[0].text == text(0)
    many = " ".join(f"a{i}='1'" for i in range(50_000))
    for odd in ("<PubmedArticle>" * 60_000, "<article " * 60_000, "<b>" * 60_000, f"<b {many}>"):
        found = look({"a.xml": f"<PubmedArticle>{odd}{ARTICLES[0]}".encode()})
        assert found.n_documents == 1
