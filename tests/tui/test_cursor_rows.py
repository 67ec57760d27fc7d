from __future__ import annotations

from textual.app import App, ComposeResult

from pyrepl_tui.engine.values import Grid
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.inspect_rows import GridRows
from pyrepl_tui.widgets.paged_rows import PAGE, PagedRows

HEIGHT = 12


class Host(App[None]):
    """An app with nothing but a grid of 300 rows."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.grid = GridRows()
        self.opened = 0

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_mount(self) -> None:
        self.grid.focus()
        rows = [[str(number), "x"] for number in range(PAGE)]
        labels = [f"r{number + 200}" for number in range(PAGE)]
        self.grid.shape(Grid(["a", "b"], ["int64", "str"], labels, rows))
        self.grid.begin(300)
        for offset in range(0, 300, PAGE):
            cells = [(f"r{offset + at}", rows[at]) for at in range(PAGE)]
            self.grid.put(offset, cells)

    def on_paged_rows_opened(self, event: PagedRows.Opened) -> None:
        self.opened += 1

    def labels(self) -> list[str]:
        """First words of the lines below the head."""
        lines = [self.grid.render_line(y).text for y in range(2, self.grid.size.height)]
        return [line.split()[0] for line in lines]


async def test_a_double_click_opens_once() -> None:
    app = Host()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await pilot.pause()
        await pilot.click(app.grid, offset=(2, 5), times=2)
        await pilot.pause()
        assert (app.grid.cursor, app.opened) == (3, 1)


async def test_a_click_on_the_head_leaves_the_cursor_where_it_is() -> None:
    app = Host()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        app.grid.cursor = 4
        await pilot.pause()
        await pilot.click(app.grid, offset=(2, 1), times=2)
        await pilot.pause()
        assert (app.grid.cursor, app.opened) == (4, 0)


async def test_the_view_follows_a_cursor_in_sight_and_no_other() -> None:
    app = Host()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        app.grid.action_to_end(start=False)
        await pilot.pause()
        assert app.labels()[-1] == "r299"
        app.grid.set_total(250)
        await pilot.pause()
        assert app.labels()[-1] == "r249", "the last row there is"
        app.grid.scroll_to(y=0, animate=False)
        app.grid.set_total(200)
        await pilot.pause()
        assert app.labels()[0] == "r0", "who reads elsewhere is not scrolled away"
        assert app.grid.cursor == 199


async def test_the_cursor_stays_in_sight_when_the_view_gets_lower() -> None:
    app = Host()
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        app.grid.action_cursor(HEIGHT - 3)
        await pilot.pause()
        assert app.labels()[0] == "r0"
        await pilot.resize_terminal(40, HEIGHT - 4)
        await pilot.pause()
        assert f"r{HEIGHT - 3}" in app.labels()
