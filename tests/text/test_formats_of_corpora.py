"""Corpora, dumps and exports as their programs write them: read as they are meant, or named."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look, read_own_text
from tests.text.test_own_texts import SENTENCES, both, said, write

DOC = '<doc id="{i}" url="https://x.org?curid={i}" title="T{i}">\nT{i}\n\n{s}\n\n{s}\n\n</doc>\n'


def test_each_article_of_wikiextractor_is_a_document(tmp_path: Path) -> None:
    content = "".join(DOC.format(i=i, s=s) for i, s in enumerate(SENTENCES))
    found, corpus = both(write(tmp_path / "wiki_00", content))
    assert corpus.documents["title"].tolist() == ["T0", "T1", "T2", "T3"]
    assert corpus.documents["id"].tolist() == ["0", "1", "2", "3"]
    assert corpus.documents["text"][1] == f"T1\n\n{SENTENCES[1]}\n\n{SENTENCES[1]}"
    assert corpus.n_sentences == 12 and "Each element <doc> is a document: 4" in said(found)


def test_articles_of_a_folder_and_of_trec(tmp_path: Path) -> None:
    for part in ("AA", "AB"):
        write(tmp_path / "w" / part / "wiki_00", DOC.format(i=1, s=SENTENCES[0]))
    _, corpus = both(tmp_path / "w")
    assert corpus.documents["folder"].tolist() == ["AA", "AB"]
    trec = "".join(
        f"<DOC>\n<DOCNO> A{i} </DOCNO>\n<TEXT>\n{s}\n</TEXT>\n</DOC>\n"
        for i, s in enumerate(SENTENCES)
    )
    _, corpus = both(write(tmp_path / "ap.txt", trec))
    assert corpus.documents["text"][2] == f"A2\n\n{SENTENCES[2]}"


def test_s_is_a_sentence_in_xml_and_struck_out_in_html(tmp_path: Path) -> None:
    lines = [s[:-1].lower() for s in SENTENCES]
    for name, pattern in (("a.txt", "<s> {} </s>\n"), ("b.xml", "<s n='1'>{}</s>")):
        content = "".join(map(pattern.format, lines))
        content = f"<TEI><text>{content}</text></TEI>" if name == "b.xml" else content
        _, corpus = both(write(tmp_path / name, content))
        assert [corpus.sentence_text(i) for i in range(corpus.n_sentences)] == lines
    _, corpus = both(write(tmp_path / "c.html", "<p>It was <s>never</s> here.</p>"))
    assert corpus.documents["text"][0] == "It was never here."


def test_html_in_the_elements_of_a_feed(tmp_path: Path) -> None:
    page = f"<p>{SENTENCES[0]}</p><p>Salt &amp; {SENTENCES[1]}</p>"
    items = f"<item><d>{html.escape(page)}</d></item><item><d><![CDATA[{page}]]></d></item>"
    _, corpus = both(write(tmp_path / "a.xml", f"<?xml version='1.0'?><rss>{items}</rss>"))
    assert corpus.documents["text"][0].split("\n\n")[0] == SENTENCES[0]
    assert not {"p", "amp"} & set(corpus.words) and corpus.n_sentences == 4


def test_rows_of_stack_exchange_and_of_a_backup(tmp_path: Path) -> None:
    row = (
        '  <row Id="{i}" Score="{i}" Body="&lt;p&gt;{s}&lt;/p&gt;&#xA;&lt;p&gt;{s}&lt;/p&gt;" />\n'
    )
    rows = "".join(row.format(i=i, s=s) for i, s in enumerate(SENTENCES))
    content = f'<?xml version="1.0" encoding="utf-8"?>\n<posts>\n{rows}</posts>\n'
    found, corpus = both(write(tmp_path / "Posts.xml", content))
    assert found.column == "Body" and corpus.documents["Score"].tolist() == ["0", "1", "2", "3"]
    assert corpus.documents["text"][3] == f"{SENTENCES[3]}\n\n{SENTENCES[3]}"


CHATS = {
    "Android": "12/31/20, 1:0{i} PM - {who}: {text}\n",
    "Android, German": "31.12.20, 13:0{i} - {who}: {text}\n",
    "iPhone": "\u200e[31.12.20, 13:00:0{i}] {who}: {text}\r\n",
    "narrow blank": "31/12/2020, 1:0{i}\u202fpm - {who}: {text}\n",
    "Spanish": "31/12/20, 1:0{i}\u202fp.\xa0m. - {who}: {text}\n",
    "Finnish": "31.12.2020 klo 13.0{i} - {who}: {text}\n",
    "French": "31/12/2020 à 13:0{i} - {who}: {text}\n",
    "Hungarian": "2020. 12. 31. 13:0{i} - {who}: {text}\n",
    "Bulgarian": "31.12.2020 г., 13:0{i} ч. - {who}: {text}\n",
    "Greek": "31/12/20, 1:0{i} μ.μ. - {who}: {text}\n",
    "Hindi": "31/12/20, 1:0{i} अपराह्न - {who}: {text}\n",
    "Arabic": "\u200f٣١\u200f/١٢\u200f/٢٠٢٠، ١:٠٠ م - {who}: {text}\n",
    "Chinese": "2020/12/31 下午1:0{i} - {who}: {text}\n",
    "Chinese, iPhone": "[2020/12/31 下午1:00:0{i}] {who}: {text}\n",
    "Vietnamese": "13:0{i}, 31/12/2020 - {who}: {text}\n",
}


@pytest.mark.parametrize("pattern", CHATS.values(), ids=CHATS)
def test_messages_of_whatsapp(tmp_path: Path, pattern: str) -> None:
    people = ["Ann", "Ben Smith"]
    lines = [pattern.format(i=i, who=people[i % 2], text=s) for i, s in enumerate(SENTENCES)]
    lines.insert(1, pattern.format(i=1, who="Ann", text="<Media omitted>"))
    lines.insert(2, pattern.replace("{who}: ", "").format(i=1, text="Ann added Ben"))
    lines.insert(1, "and a second line\n")
    found, corpus = both(write(tmp_path / "_chat.txt", "".join(lines)))
    assert corpus.documents["author"].tolist() == ["Ann", "Ben Smith"] * 2
    assert corpus.documents["text"].tolist() == [
        f"{SENTENCES[0]}\nand a second line",
        *SENTENCES[1:],
    ]
    assert [one.reason for one in found.left_out] == [
        "its 'text' is empty",
        "is no message of a person",
    ]
    assert "messages of a chat" in said(found) and "pm" not in corpus.words


@pytest.mark.parametrize("time", ["[13:0{i}]", "13:0{i}", "2020-12-31 13:00:0{i}"])
def test_a_log_of_irc_is_what_people_say(tmp_path: Path, time: str) -> None:
    lines = ["--- Log opened Thu Dec 31 2020", "=== ann [n=ann@host] has joined #boat"]
    lines += [
        f"{time.format(i=i)} <{'@ann' if i % 2 else 'ben'}> {s}" for i, s in enumerate(SENTENCES)
    ]
    lines += [f"{time.format(i=7)} * ann waves", f"{time.format(i=8)} -!- ben has quit"]
    found, corpus = both(write(tmp_path / "boat.log", "\n".join(lines)))
    assert corpus.documents["author"].tolist() == ["ben", "ann"] * 2
    assert corpus.documents["text"].tolist() == SENTENCES
    assert [one.reason for one in found.left_out] == ["is no message of a person"] * 4


HEADED = {
    "LINE": ("[LINE] Chat with Ann\nSaved on: x\n\n2020/12/31(Thu)\n", "13:0{i}\t{who}\t{text}\n"),
    "LINE, Japanese": (
        "[LINE] Annとのトーク履歴\n保存日時：x\n\n2020/12/31(木)\n",
        "13:0{i}\t{who}\t{text}\n",
    ),
    "KakaoTalk": (
        "Ann 님과 카카오톡 대화\n저장한 날짜 : x\n\n----- 2020년 12월 31일 목요일 -----\n",
        "[{who}] [오후 1:0{i}] {text}\n",
    ),
    "Discord": (
        f"{'=' * 62}\nGuild: Harbour\nChannel: general\n{'=' * 62}\n\n",
        "[12/31/2020 1:0{i} PM] {who}\n{text}\n\n\n",
    ),
    "KakaoTalk, phone": ("", "2020년 12월 31일 오후 1:0{i}, {who} : {text}\n"),
}


@pytest.mark.parametrize(("head", "pattern"), HEADED.values(), ids=HEADED)
def test_messages_below_lines_about_the_chat(tmp_path: Path, head: str, pattern: str) -> None:
    people = ["Ann", "Ben Smith"] * 2
    lines = [pattern.format(i=i, who=people[i], text=s) for i, s in enumerate(SENTENCES)]
    found, corpus = both(write(tmp_path / "chat.txt", head + "".join(lines)))
    assert corpus.documents["author"].tolist() == people
    assert corpus.documents["text"].tolist() == SENTENCES
    assert all("2020" in date for date in corpus.documents["date"])
    assert [one.reason for one in found.left_out] == ["stands above the messages"] * bool(head)


def test_prose_with_dates_is_no_chat(tmp_path: Path) -> None:
    text = "12/31/20, 1:00 was the time: they met.\n" + "\n".join(SENTENCES)
    assert "plain text" in said(both(write(tmp_path / "a.txt", text))[0])


@pytest.mark.parametrize("end", ["", ";", ";\n"])
def test_the_archive_of_twitter(tmp_path: Path, end: str) -> None:
    tweets = [{"tweet": {"id_str": str(i), "full_text": s}} for i, s in enumerate(SENTENCES)]
    content = f"window.YTD.tweets.part0 = {json.dumps(tweets, indent=1)}{end}"
    found, corpus = both(write(tmp_path / "tweets.js", content))
    assert found.column == "tweet.full_text"
    assert corpus.documents["text"].tolist() == SENTENCES


def test_the_whole_text_of_a_tweet_before_what_its_author_is(tmp_path: Path) -> None:
    rows = [
        {
            "text": f"{s[:9]}…",
            "extended_tweet": {"full_text": s * 3},
            "user": {"description": s * 2},
        }
        for s in SENTENCES
    ]
    found, _ = both(write(tmp_path / "a.json", json.dumps(rows)))
    assert found.column == "extended_tweet.full_text"


def test_the_sentences_of_snli_and_not_their_parses(tmp_path: Path) -> None:
    rows = [
        {
            "sentence1": s,
            "sentence1_binary_parse": f"( {s[:-1].replace(' ', ' ( ')} ) .",
            "sentence1_parse": f"(ROOT (S (NN {s[:-1].replace(' ', ') (NN ')})))",
        }
        for s in SENTENCES
    ]
    found, _ = both(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert found.column == "sentence1"


def test_posts_of_reddit_without_those_that_were_removed(tmp_path: Path) -> None:
    posts = [*SENTENCES, *["[removed]", "[deleted]"] * 9]
    rows = [{"title": f"What is it about {i}?", "selftext": text} for i, text in enumerate(posts)]
    found, corpus = both(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert found.column == "selftext" and corpus.documents["text"].tolist() == SENTENCES
    assert found.left_out[0].reason == "its 'selftext' is empty: [removed]"


LONG = " ".join(SENTENCES * 2)


@pytest.mark.parametrize("key", ["text", "content"])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_article_beside_its_comments(tmp_path: Path, key: str, is_first: bool) -> None:
    comments = {"images": [{"alt": "a b"}], "comments": [{"by": "x", "said": s} for s in SENTENCES]}
    own = {"url": "http://x", key: LONG}
    value = own | comments if is_first else comments | own
    for name in ("0.json", "1.json"):
        write(tmp_path / "a" / name, json.dumps(value))
    for given, n in ((tmp_path / "a", 2), (tmp_path / "a" / "0.json", 1)):
        found, corpus = both(given)
        assert corpus.documents["text"].tolist() == [LONG] * n and found.column == key
        assert corpus.documents["url"][0] == "http://x" and found.n_left_out == 5 * n


def test_a_description_beside_rows_is_no_document(tmp_path: Path) -> None:
    value = {"description": "Texts of a nurse.", "data": [{"text": s} for s in SENTENCES]}
    assert both(write(tmp_path / "a.json", json.dumps(value)))[0].n_left_out == 0


@pytest.mark.parametrize(
    "value",
    [
        {
            "columns": ["id", "text"],
            "index": [0, 1, 2, 3],
            "data": [[i, s] for i, s in enumerate(SENTENCES)],
        },
        [["id", "text"], *([str(i), s] for i, s in enumerate(SENTENCES))],
        [
            {"id": i, "tokens": [{"word": w, "pos": "NN"} for w in s.split()]}
            for i, s in enumerate(SENTENCES)
        ],
    ],
    ids=["pandas' split", "rows under names", "words with tags"],
)
def test_more_layouts_of_json(tmp_path: Path, value: object) -> None:
    _, corpus = both(write(tmp_path / "a.json", json.dumps(value)))
    assert corpus.documents["text"].tolist() == SENTENCES
    assert list(map(int, corpus.documents.get("id", range(4)))) == [0, 1, 2, 3]


def test_labels_of_fasttext_behind_the_text(tmp_path: Path) -> None:
    content = "".join(f"{s} __label__pos __label__a\n" for s in SENTENCES)
    _, corpus = both(write(tmp_path / "a.txt", content))
    assert corpus.documents["text"].tolist() == SENTENCES
    assert corpus.documents["label"][0] == "pos a" and "label" not in corpus.words


WORDS = [word for s in SENTENCES for word in [*s[:-1].split(), "."]] * 2
VERTICAL = "".join(f"{word}\tNN\t{word.lower()}\n" for word in WORDS)
MAPPING = {f"a-{i}": {"message": {"content": {"parts": [s]}}} for i, s in enumerate(SENTENCES)}
TAGGED = "".join(f"{word} {'B-person' if i % 3 else 'O'}\n" for i, word in enumerate(WORDS))
TMX = '<?xml version="1.0"?>\n<tmx version="1.4"><body><tu><tuv>a</tuv></tu></body></tmx>'

CHAPTER = "\\chapter{One}\n\\label{one}\nShe is \\emph{here}, as \\cite{x} says.\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (f'<text id="a">\n<s>\n{VERTICAL}</s>\n</text>\n', "one word a line.*awk"),
        (f"<?xml version='1.0'?>\n<corpus>\n<s>\n{VERTICAL}</s>\n</corpus>\n", "one word a line"),
        (TAGGED, r"one word a line.*\$1"),
        ("".join(f"{i}\t{word}\tNN\n" for i, word in enumerate(WORDS)), r"one word a line.*\$2"),
        ("".join(f"{900 - i} {chr(97 + i)}word\n" for i in range(24)), "words with their counts"),
        (
            "".join(f"{chr(97 + i)}word\t1990\t{i}\t3\n" for i in range(24)),
            "single word in each row",
        ),
        (TMX, "translation memory.*Moses"),
        (
            f"@UTF8\n@Begin\n@Languages:\teng\n*MOT:\t{SENTENCES[0]}\n%mor:\tdet|the\n@End\n",
            "CHILDES.*grep",
        ),
        ("% mails\n@RELATION mails\n\n@ATTRIBUTE text string\n@DATA\n'a b'\n", "ARFF.*CSV"),
        (json.dumps([{"title": "A", "create_time": 1, "mapping": MAPPING}]), "ChatGPT.*jq"),
        (CHAPTER, "LaTeX"),
        ('<?xml version="1.0"?>\n<alto><String CONTENT="The"/></alto>', "ALTO.*grep"),
        (
            "'''Paris''' is {{lang|fr|a city}} in {{flag|France}}.\n{{cite|url=x}}\n",
            "wiki markup.*pandoc",
        ),
    ],
    ids=[
        "VRT",
        "VRT in XML",
        "NER",
        "numbered",
        "counts first",
        "n-grams",
        "TMX",
        "CHAT",
        "ARFF",
        "ChatGPT",
        "LaTeX",
        "ALTO",
        "wiki markup",
    ],
)
def test_what_is_no_text_as_it_is_is_refused_by_name(
    tmp_path: Path, content: str, what: str
) -> None:
    path = write(tmp_path / "a.txt", content)
    for read in (look, read_own_text):
        with pytest.raises(FormatError, match=what):
            read(path)


def test_objects_of_python_are_named(tmp_path: Path) -> None:
    content = "".join(f"{ {'text': s} }\n" for s in SENTENCES)
    with pytest.raises(FormatError, match=r"object of Python, and no JSON.*literal_eval"):
        look(write(tmp_path / "a.json", content))


def test_a_table_with_the_sentence_of_each_word_is_refused(tmp_path: Path) -> None:
    rows = [{"sentence": s, "token": w} for s in SENTENCES for w in s.split()]
    path = write(tmp_path / "a.json", json.dumps(rows))
    with pytest.raises(FormatError, match="repeats its 'sentence' for each word"):
        look(path)
    assert both(path, text_column="sentence")[1].n_documents == len(rows)


def test_notes_in_markdown_are_read_where_they_are_most(tmp_path: Path) -> None:
    for i, s in enumerate(SENTENCES):
        write(tmp_path / "notes" / f"{i}.md", f"# Note\n\n{s}")
    write(tmp_path / "notes" / "todo.txt", "Buy some bread.")
    found, corpus = both(tmp_path / "notes")
    assert corpus.n_documents == 5 and found.n_left_out == 0
    write(tmp_path / "texts" / "README.md", "# Read me")
    for i, s in enumerate(SENTENCES):
        write(tmp_path / "texts" / f"{i}.txt", s)
    found, corpus = both(tmp_path / "texts")
    assert corpus.n_documents == 4 and found.left_out[0].name == "README.md"


def test_bytes_of_programs_do_not_refuse_a_text(tmp_path: Path) -> None:
    for start in ("RIFF raff", "GGUF", "IHNEN", "MATLAB", "MZ"):
        text = f"{start} is how it begins. {SENTENCES[0]}"
        assert both(write(tmp_path / "a.txt", text))[1].documents["text"][0] == text
    with pytest.raises(FormatError, match="an HDF5 file"):
        look(write(tmp_path / "a.bin", b"\x89HDF\r\n\x1a\n" + bytes(100)))
