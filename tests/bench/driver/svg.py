"""What the pictures of the documentation have in common: a card in two colour schemes, its title and its axes."""

import html

WIDTH, MARGIN = 960, 28
FONT = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

STYLE = """
    .card { fill: #fbfaf7; stroke: #e1ddd4; }
    .title { fill: #1c2321; font-size: 20px; font-weight: 650; }
    .panel { fill: #1c2321; font-size: 15px; font-weight: 600; }
    .name, .value, .note { fill: #4b5853; font-size: 13px; }
    .tick { fill: #59635f; font-size: 11px; text-anchor: middle; }
    .grid { stroke: #dcd8ce; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #161b1a; stroke: #2c3432; }
      .title, .panel { fill: #eef2f0; }
      .name, .value, .note, .tick { fill: #b4beba; }
      .grid { stroke: #2c3432; }
    }
"""


def step_of(top, steps=(0.25, 0.5, 1, 2, 5, 10, 20, 50, 100)):
    """A distance between ticks that gives about four of them."""
    for step in steps:
        if top / step <= 5:
            return step
    return top / 4


def card(title, description, note, parts, height, foot, style=""):
    """The whole picture: `parts` are drawn upon the card, `note` stands under the title."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title description"',
        f'  font-family="{FONT}">',
        f'<title id="title">{html.escape(title)}</title>',
        f'<desc id="description">{html.escape(description)}</desc>',
        f"<style>{STYLE}{style}</style>",
        f'<rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="16"/>',
        f'<text class="title" x="{MARGIN}" y="40">{html.escape(title)}</text>',
        f'<text class="note" x="{MARGIN}" y="62">{html.escape(note)}</text>',
        *parts,
        f'<text class="note" x="{MARGIN}" y="{height - 16}">{html.escape(foot)}</text>',
        "</svg>", ""])
