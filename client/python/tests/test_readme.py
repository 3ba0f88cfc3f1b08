"""The snippets of README.md, run in their order."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
URL = "http://127.0.0.1:8080"


def test_the_snippets_of_the_readme_run(url: str) -> None:
    snippets = re.findall(r"^```python\n(.*?)^```$", README.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert len(snippets) == 7 and URL in snippets[0]
    variables: dict[str, object] = {}
    for number, snippet in enumerate(snippets, 1):
        exec(compile(snippet.replace(URL, url), f"README.md, snippet {number}", "exec"), variables)
