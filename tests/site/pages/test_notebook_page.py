"""A notebook becomes Markdown that any page could hold."""

import json
from typing import Any

import markdown as python_markdown
import pytest

from podrole.site.pages.notebook_page import NotebookError, RunBar, notebook_markdown

EXTENSIONS = ["admonition", "md_in_html", "tables", "pymdownx.superfences", "pymdownx.highlight"]


def prose(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(text: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": text.splitlines(keepends=True),
        "outputs": list(outputs),
        "execution_count": 7,
    }


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text.splitlines(keepends=True)}


def result(**data: Any) -> dict[str, Any]:
    named = {name.replace("_", "/", 1).replace("svg", "svg+xml"): data[name] for name in data}
    return {"output_type": "execute_result", "data": named, "metadata": {}, "execution_count": 7}


def error(value: str, *trace: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "ClientError", "evalue": value, "traceback": [*trace]}


def page(*cells: dict[str, Any], title: str = "# Title") -> str:
    source = json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": [prose(title), *cells]})
    return notebook_markdown(source, "notebooks/01-x.ipynb", lambda text, _: text)


def html(*cells: dict[str, Any]) -> str:
    return python_markdown.markdown(page(*cells), extensions=EXTENSIONS)


def test_a_code_cell_is_a_fenced_block_and_prints_below_it() -> None:
    text = page(code("print('a')\nprint('b')", stream("a\n"), stream("b\n")))
    assert "```python\nprint('a')\nprint('b')\n```" in text
    assert "```text\na\nb\n```" in text
    assert text.index("print") < text.index('class="nb-output') < text.index("```text")


def test_outputs_of_two_streams_stay_apart() -> None:
    text = page(code("x", stream("out\n"), stream("err\n", "stderr"), stream("out again\n")))
    assert text.count('class="nb-output') == 3


def test_the_download_link_follows_the_title() -> None:
    text = page(prose("Text"), title="Before\n\n# Title\n\nAfter")
    assert text.index("# Title") < text.index('href="01-x.ipynb" download') < text.index("After")


def test_a_cell_and_its_outputs_are_one_numbered_block() -> None:
    cells = code("a = 1", stream("one\n")), prose("Text"), code(""), code("b", error("No"))
    rendered = html(*cells)
    first = rendered.index('<div class="nb-cell" data-cell="1">')
    assert first < rendered.index("one") < rendered.index("<p>Text</p>")
    assert rendered[first : rendered.index("<p>Text</p>")].count("</div>") == 4
    assert rendered.index('<div class="nb-cell" data-cell="2">') < rendered.index("nb-error")
    assert rendered.count('class="nb-cell"') == 2
    assert "data-expected" not in rendered


def test_a_cell_whose_error_is_wanted_says_so() -> None:
    assert 'data-cell="1" data-expected' in page(code("x", error("No"), tags=("expect-error",)))


def test_only_a_page_that_can_run_its_cells_has_the_bar() -> None:
    source = json.dumps({"nbformat": 4, "cells": [prose("# T\n\nText"), code("x")]})
    text = notebook_markdown(source, "notebooks/x.ipynb", lambda text, _: text, RunBar("../a", 12))
    rendered = python_markdown.markdown(text, extensions=EXTENSIONS)
    assert '<script type="module" src="../a/run.js"></script>' in rendered
    assert '<link rel="stylesheet" href="../a/run.css">' in rendered
    assert rendered.index("download") < rendered.index('data-megabytes="12"')
    assert rendered.index('data-megabytes="12"') < rendered.index("<p>Text</p>")
    assert "make lab" in rendered
    assert "nb-bar" not in page(code("x"))


def test_a_hidden_cell_is_not_shown() -> None:
    assert "secret" not in page(code("secret = 1", stream("secret\n"), tags=("hide",)))


def test_a_cell_without_text_or_output_leaves_nothing() -> None:
    assert "```" not in page(code("", stream("")))


def test_output_cannot_end_its_fence() -> None:
    rendered = html(code("x", stream("````\n<script>alert(1)</script>\n```\n# no heading\n")))
    assert "<script>" not in rendered
    assert rendered.count("<h1") == 1


def test_output_keeps_its_lines_and_indents() -> None:
    rendered = html(code("x", stream("a\n\n    b\n\n  c  d\n")))
    assert "a\n\n    b\n\n  c  d" in rendered


def test_json_is_coloured_as_json() -> None:
    assert '```json\n{"a": 1}\n```' in page(code("x", stream('{"a": 1}\n')))
    assert "```text\n{'a': 1}\n```" in page(code("x", result(text_plain="{'a': 1}")))


def test_markdown_output_is_rendered() -> None:
    rendered = html(code("x", result(text_plain="<M>", text_markdown="| a |\n|---|\n| **b** |")))
    assert "<td><strong>b</strong></td>" in rendered
    assert "&lt;M&gt;" not in rendered


def test_a_drawing_is_shown_as_it_is() -> None:
    svg = '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
    assert svg in page(code("x", result(text_plain="<S>", image_svg=[svg])))


def test_an_error_shows_its_last_line_and_folds_its_trace() -> None:
    trace = "\x1b[31mClientError\x1b[39m: \x1b[1mIncorrect <token>\x1b[0m"
    rendered = html(code("x", error("Incorrect <token>", "line 1", "", trace)))
    assert (
        '<pre class="nb-error-line"><code>ClientError: Incorrect &lt;token&gt;</code>' in rendered
    )
    assert "<summary>Traceback</summary>" in rendered
    assert "\x1b" not in rendered
    assert "nb-expected" not in rendered


def test_an_answer_of_no_stands_out() -> None:
    refusal = "An error occurred (AccessDenied) when calling the GetObject operation: …\n"
    assert "nb-refused" in page(code("x", stream(f"denied:\n{refusal}")))
    assert "nb-refused" not in page(code("x", stream("No error occurred (so far)\n")))


@pytest.mark.parametrize("tag", ["expect-error", "raises-exception"])
def test_an_error_that_is_the_lesson_is_marked(tag: str) -> None:
    assert "nb-expected" in page(code("x", error("No"), tags=(tag,)))


def test_a_progress_line_shows_its_last_state() -> None:
    assert "```text\ndone\n```" in page(code("x", stream("10 %\r50 %\rdone\n")))


def test_links_to_pages_work_on_the_disk_and_on_the_site() -> None:
    text = page(prose("[a](../docs/howto/irsa-trust.md#how-it-fails), [b](02-irsa.ipynb)"))
    assert "[a](../howto/irsa-trust.md#how-it-fails), [b](02-irsa.ipynb)" in text


def test_a_marker_is_expanded_in_prose_and_nowhere_else() -> None:
    source = json.dumps({"nbformat": 4, "cells": [prose("# T"), prose("M"), code("M")]})
    seen: list[tuple[str, str]] = []

    def expand(text: str, place: str) -> str:
        seen.append((text.split("\n")[0], place))
        return text.replace("M", "expanded")

    text = notebook_markdown(source, "notebooks/x.ipynb", expand)
    assert "```python\nM\n```" in text
    assert "\n\nexpanded\n\n" in text
    assert seen == [("# T", "notebooks/x.ipynb, cell 1"), ("M", "notebooks/x.ipynb, cell 2")]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([prose("no title")], "found in no cell"),
        ([prose("# A"), prose("# B")], "[1, 2]"),
        ([prose("# A\n\n# B")], "[1, 1]"),
    ],
)
def test_a_notebook_has_one_title(cells: list[dict[str, Any]], said: str) -> None:
    source = json.dumps({"nbformat": 4, "cells": cells})
    with pytest.raises(NotebookError, match=r"notebooks/x\.ipynb: .*exactly one") as caught:
        notebook_markdown(source, "notebooks/x.ipynb", lambda text, _: text)
    assert said in str(caught.value)


def test_a_comment_in_fenced_code_is_no_title() -> None:
    assert "# comment" in page(prose("```bash\n# comment\n```\n\n~~~\n# other\n~~~"))


def test_an_output_that_no_page_can_show_is_refused() -> None:
    with pytest.raises(NotebookError, match=r"01-x\.ipynb, cell 2: .*application/pdf"):
        page(code("x", result(application_pdf="…")))


@pytest.mark.parametrize("source", ["", "[]", "{}", '{"nbformat": 3, "cells": []}'])
def test_what_is_no_notebook_is_refused(source: str) -> None:
    with pytest.raises(NotebookError, match=r"notebooks/x\.ipynb: not a Jupyter notebook"):
        notebook_markdown(source, "notebooks/x.ipynb", lambda text, _: text)
