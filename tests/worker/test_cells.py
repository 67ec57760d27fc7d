"""Code runs statement by statement in `__main__`, and its last value is shown."""

from __future__ import annotations

from pyrepl_tui import Session

from .running import error, ok, run, value


async def test_statements_before_an_error_have_run(session: Session) -> None:
    found = await error(session, "a = 1\nb = 2\nundefined\nc = 3")
    assert found.name == "NameError"
    assert await value(session, "a, b, 'c' in globals()") == "(1, 2, False)"


async def test_nothing_has_run_where_the_syntax_is_wrong(session: Session) -> None:
    assert (await error(session, "a = 1\nb = = 2")).name == "SyntaxError"
    assert await value(session, "'a' in globals()") == "False"


async def test_only_the_last_expression_is_shown(session: Session) -> None:
    assert await value(session, "1\n2\n3") == "3"
    assert await value(session, "1\nx = 2") is None
    assert await value(session, "None") is None
    assert await value(session, "") is None
    assert await value(session, "# nothing but a comment") is None
    assert await value(session, "'''text'''") == "'text'"


async def test_a_semicolon_hides_the_value(session: Session) -> None:
    for code in (
        "1;", "1 ;", "1;  # why", "(1);", "x = 1; x;", "(\n 1\n) ;", "'é';", "1;\n\n# end\n",
        "(1  # one\n);",
    ):  # fmt: skip
        assert await value(session, code) is None, code
    for code, shown in (
        ("';'", "';'"), ("1  # ;", "1"), ("x = 1; x", "1"), ("[1,\n 2]  # a; b", "[1, 2]"),
        ("(1  # ;\n)", "1"),
    ):  # fmt: skip
        assert await value(session, code) == shown, code


async def test_the_last_three_values(session: Session) -> None:
    for number in (1, 2, 3):
        await ok(session, f"'v{number}'")
    assert await value(session, "_, __, ___") == "('v3', 'v2', 'v1')"
    assert await value(session, "_[0] + __") == "'v3v3'"
    await ok(session, "x = 1")
    await ok(session, "None")
    assert await value(session, "_") == "'v3v3'"


async def test_a_hidden_value_is_remembered_like_any_unshown(session: Session) -> None:
    await ok(session, "'a'")
    await ok(session, "'b';")
    assert await value(session, "_") == "'a'"


async def test_the_users_own_underscore_stays(session: Session) -> None:
    await ok(session, "_ = lambda text: text.upper()")
    await ok(session, "42")
    assert await value(session, "_('mine')") == "'MINE'"
    await ok(session, "del _")
    await ok(session, "43")
    assert await value(session, "_") == "43"


async def test_future_imports_hold_from_then_on(session: Session) -> None:
    await ok(session, "from __future__ import annotations")
    await ok(session, "def f(x: Undefined) -> Nowhere: pass")
    assert await value(session, "f.__annotations__") == "{'x': 'Undefined', 'return': 'Nowhere'}"
    await ok(session, "class C:\n    y: AlsoUndefined")
    assert await value(session, "C.__annotations__") == "{'y': 'AlsoUndefined'}"


async def test_future_imports_of_ours_do_not_leak(session: Session) -> None:
    await ok(session, "def f(x: int): pass")
    assert await value(session, "f.__annotations__") == "{'x': <class 'int'>}"


async def test_source_is_found_many_runs_later(session: Session) -> None:
    await ok(session, "def f(x):\n    # a comment\n    return x + 1")
    await ok(session, "class C:\n    def m(self):\n        return 'first'")
    for _ in range(5):
        await ok(session, "pass")
    await ok(session, "import inspect")
    assert await value(session, "inspect.getsource(f)") == repr(
        "def f(x):\n    # a comment\n    return x + 1\n"
    )
    assert await value(session, "inspect.getsource(C.m)") == repr(
        "    def m(self):\n        return 'first'\n"
    )
    assert await value(session, "inspect.getsource(C)") == repr(
        "class C:\n    def m(self):\n        return 'first'\n"
    )


async def test_source_of_what_was_defined_anew_is_the_new_one(session: Session) -> None:
    await ok(session, "import inspect\ndef f(): return 1\nclass C: a = 1")
    await ok(session, "def f(): return 2\nclass C: a = 2")
    assert await value(session, "inspect.getsource(f)") == repr("def f(): return 2\n")
    assert await value(session, "inspect.getsource(C)") == repr("class C: a = 2\n")


async def test_source_survives_checkcache(session: Session) -> None:
    await ok(session, "import linecache, inspect\ndef f(): return 1\nlinecache.checkcache()")
    assert await value(session, "inspect.getsource(f)") == repr("def f(): return 1\n")


async def test_pickle_of_what_is_in_main(session: Session) -> None:
    await ok(session, "import pickle\ndef f(x): return x * 2\nclass C:\n    a = 1")
    assert await value(session, "pickle.loads(pickle.dumps(f))(21)") == "42"
    assert await value(session, "pickle.loads(pickle.dumps(C())).a") == "1"
    assert await value(session, "pickle.loads(pickle.dumps(f)) is f") == "True"


async def test_dataclasses_enums_and_type_hints_find_their_module(session: Session) -> None:
    code = (
        "import dataclasses, enum, typing\n"
        "@dataclasses.dataclass\nclass P:\n    x: 'int' = 1\n"
        "class E(enum.Enum):\n    A = 1\n"
        "typing.get_type_hints(P), P(2), E.A, P.__module__"
    )
    assert await value(session, code) == ("({'x': <class 'int'>}, P(x=2), <E.A: 1>, '__main__')")


async def test_exits_are_reported_and_the_session_lives(session: Session) -> None:
    pid = session.pid
    for call, code in (
        ("sys.exit()", 0), ("sys.exit(3)", 3), ("sys.exit('why')", 1), ("raise SystemExit", 0),
        ("exit(4)", 4), ("quit()", 0), ("sys.exit(True)", 1), ("sys.exit(-1)", 255),
    ):  # fmt: skip
        found = await error(session, f"import sys\nx = 1\n{call}\nx = 2")
        assert (found.name, found.exit_code) == ("SystemExit", code), call
        assert await value(session, "x") == "1"
    assert session.pid == pid


async def test_globals_locals_and_exec_are_the_namespace(session: Session) -> None:
    await ok(session, "exec('a = 1')\nglobals()['b'] = 2\nlocals()['c'] = 3")
    assert await value(session, "a, b, c") == "(1, 2, 3)"
    assert await value(session, "globals() is locals() is vars()") == "True"


async def test_closures_classes_and_comprehensions_see_globals(session: Session) -> None:
    await ok(session, "n = 3\ndef f(): return [n * i for i in range(n)]\nclass C: v = [n]")
    assert await value(session, "f(), C.v, [(lambda: n)() for _ in range(1)]") == (
        "([0, 3, 6], [3], [3])"
    )


async def test_a_script_shows_nothing_and_has_arguments(session: Session) -> None:
    code = "import sys\nprint(sys.argv, __file__)\n42"
    result = await ok(session, code, filename="/tmp/it.py", argv=["it.py", "a"])
    assert (result.stdout, result.value) == ("['it.py', 'a'] /tmp/it.py\n", None)


async def test_large_and_odd_code(session: Session) -> None:
    assert await value(session, "x = 0\n" + "x += 1\n" * 3000 + "x") == "3000"
    assert await value(session, "1\r\n2\r3") == "3"
    assert await value(session, "'\\N{SNOWMAN}', 'naïve ☃ 𝒳'") == "('☃', 'naïve ☃ 𝒳')"
    assert (await error(session, "x = '\0'")).name in ("SyntaxError", "ValueError")
    assert (await run(session, "(" * 500 + ")" * 500)).status == "error"
    assert await value(session, "1") == "1"


async def test_warnings_arrive_as_stderr_with_their_source(session: Session) -> None:
    result = await ok(session, "import warnings\nwarnings.warn('careful')")
    assert "UserWarning: careful" in result.stderr
    assert "warnings.warn('careful')" in result.stderr
    result = await ok(session, "'a' is 'b'")
    assert "SyntaxWarning" in result.stderr


async def test_a_displayhook_of_the_user_is_called(session: Session) -> None:
    await ok(session, "import sys\nkept = []\nsys.displayhook = lambda v: kept.append(v)")
    assert await value(session, "42") is None
    await ok(session, "sys.displayhook = sys.__displayhook__")
    assert await value(session, "kept") == "[42]"


async def test_atexit_functions_run_at_the_end(session: Session) -> None:
    await ok(session, "import atexit\natexit.register(print, 'goodbye')")
    await session.close()
    assert session.output().endswith(b"goodbye\n")
