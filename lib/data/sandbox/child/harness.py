# What runs inside a sandbox's Python beside the foreign code: takes requests, runs code, calls functions, runs checks. It trusts nothing that a
# submission gives back but values made of plain types, which it makes anew: no object of a submission ever meets a test.
# Read by child/python.ts, which puts the three descriptors in place of the names and restores all memory before each program, submission and check.
import ast, builtins, io, json, os, sys

_REQUEST, _REPLY, _ASK = __REQUEST__, __REPLY__, __ASK__
#: Items that an iterator may give before it counts as endless.
_MOST_ITEMS = 100_000
_session = {}


class _Ref:
    """Something of the submission that has no plain value: can be handed back to it, and is equal to itself alone."""

    __slots__ = ("id", "name")

    def __init__(self, id, name):
        self.id, self.name = id, name

    def __repr__(self):
        return f"<{self.name} of the submission>"

    def __call__(self, *args, **kwargs):
        return _ask(self.id, args, kwargs)


def _encode(value, keep):
    kind = type(value)
    if value is None or value is True or value is False:
        return value
    if issubclass(kind, int):
        return ["n", hex(int.__index__(value))]
    if issubclass(kind, float):
        return ["r", float.__repr__(value)]
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, complex):
        return ["c", repr(complex.__complex__(value))]
    if issubclass(kind, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    if kind is range:
        return ["e", value.start, value.stop, value.step]
    for tag, builtin in (("l", list), ("t", tuple), ("s", set), ("f", frozenset)):
        if issubclass(kind, builtin):
            return [tag, [_encode(item, keep) for item in builtin.__iter__(value)]]
    if issubclass(kind, dict):
        return ["d", [[_encode(k, keep), _encode(v, keep)] for k, v in dict.items(value)]]
    if kind is _Ref:
        return ["o", value.id, value.name]
    if keep is None:
        raise TypeError(f"a test cannot pass a {kind.__name__} to a submission")
    if hasattr(kind, "__next__") or kind.__name__ in ("dict_keys", "dict_values", "dict_items"):
        items = []
        for item in value:
            if len(items) == _MOST_ITEMS:
                raise OverflowError(f"an iterator gave more than {_MOST_ITEMS} items")
            items.append(_encode(item, keep))
        return ["i", items]
    keep.append(value)
    return ["o", len(keep) - 1, kind.__name__]


def _decode(data, refer):
    if data is None or type(data) in (bool, str):
        return data
    tag, *rest = data
    if tag == "n":
        return int(rest[0], 16)
    if tag == "r":
        return float(rest[0])
    if tag == "c":
        return complex(rest[0])
    if tag == "b":
        return bytes.fromhex(rest[0])
    if tag == "e":
        return range(*rest)
    if tag == "o":
        return refer(rest[0], rest[1])
    if tag == "d":
        return {_decode(k, refer): _decode(v, refer) for k, v in rest[0]}
    made = {"l": list, "t": tuple, "s": set, "f": frozenset, "i": iter}[tag]
    return made([_decode(item, refer) for item in rest[0]])


def _read():
    parts = []
    while part := os.read(_REQUEST, 1 << 16):
        parts.append(part)
    return json.loads(b"".join(parts))


def _write(descriptor, data):
    view = memoryview(json.dumps(data).encode())
    while view:
        view = view[os.write(descriptor, view) :]


def _ask(target, args, kwargs):
    _write(_ASK, {"target": target, "args": _encode(list(args), None), "kwargs": _encode(kwargs, None)})
    answer = _read()
    if answer["ending"] != "finished":
        raise RuntimeError(f"the submission: {answer['error'] or answer['ending']}")
    return _decode(json.loads(answer["value"]), _Ref)


def _remote(name):
    def call(*args, **kwargs):
        return _ask(name, args, kwargs)

    call.__name__ = name
    return call


def _free_names(tree):
    loaded, bound = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return loaded - bound


def _run(code, name):
    space = {"__name__": name, "__builtins__": builtins}
    exec(compile(code, "<code>", "exec"), space)
    return space


def _op_run(request):
    sys.stdin = io.StringIO("")
    _run(request["code"], "__main__")


def _op_define(request):
    sys.stdin = io.StringIO("")
    _session["space"] = _run(request["code"], "submission")
    _session["kept"] = []


def _op_call(request):
    call = json.loads(request["call"])
    kept = _session["kept"]
    refer = lambda id, _: kept[id]
    target = call["target"]
    function = _session["space"][target] if isinstance(target, str) else kept[target]
    args, kwargs = _decode(call["args"], refer), _decode(call["kwargs"], refer)
    return json.dumps(_encode(function(*args, **kwargs), kept))


def _op_check(request):
    space = _run(request["setup"], "check")
    tree = ast.parse(request["tests"])
    for name in _free_names(tree):
        if name not in space and not hasattr(builtins, name):
            space[name] = _remote(name)
    for name in request["names"]:
        space[name] = _remote(name)
    exec(compile(tree, "<tests>", "exec"), space)


def _one_line(error):
    text = " ".join(str(error).split())[:500]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _serve():
    reply = {"ending": "finished", "value": "", "error": ""}
    try:
        request = _read()
        reply["value"] = {"run": _op_run, "define": _op_define, "call": _op_call, "check": _op_check}[request["op"]](request) or ""
    except SystemExit as error:
        # A program may leave by exit(0); a submission or a check that leaves has not done what it was asked.
        # The code is the program's own, and so are its == and str.
        code = error.code
        if request["op"] != "run" or not (code is None or type(code) is int and code == 0):
            reply.update(ending="error", error=f"SystemExit: {code}" if type(code) in (int, str) else "SystemExit")
    except KeyboardInterrupt:
        reply.update(ending="timeout", error="out of time")
    except MemoryError:
        reply.update(ending="memory", error="out of memory")
    except BaseException as error:
        try:
            reply.update(ending="error", error=_one_line(error))
        except BaseException:
            reply.update(ending="error", error="an exception that cannot be printed")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    _write(_REPLY, reply)
