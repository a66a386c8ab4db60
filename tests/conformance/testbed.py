"""The 27 checks of the public kernel testbed's list, made anew and stricter: prints {name: null, or what was wrong} as JSON."""

import json
import sys
import time
import uuid

import zmq
from jupyter_client.manager import start_new_kernel

km, kc = start_new_kernel(kernel_name="blankslate")
CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def idle(message):
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def iopub_of(msg_id, timeout=20):
    """Everything iopub says about a request, idle included."""
    seen = []
    while not (seen and idle(seen[-1])):
        message = kc.get_iopub_msg(timeout=timeout)
        if message["parent_header"].get("msg_id") == msg_id:
            seen.append(message)
    return seen


def reply_to(msg_id, channel=None, timeout=20):
    while True:
        message = (channel or kc.shell_channel).get_msg(timeout=timeout)
        if message["parent_header"].get("msg_id") == msg_id:
            return message


def execute(code, **options):
    msg_id = kc.execute(code, **options)
    return reply_to(msg_id), iopub_of(msg_id)


def control(kind, content=None):
    message = kc.session.msg(f"{kind}_request", content or {})
    kc.control_channel.send(message)
    return reply_to(message["header"]["msg_id"], kc.control_channel)


def only(messages, kind):
    found = [m["content"] for m in messages if m["msg_type"] == kind]
    assert len(found) == 1, f"{len(found)} {kind}"
    return found[0]


@check
def heartbeat_responds():
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(f"tcp://{km.ip}:{km.hb_port}")
    socket.send(b"beat")
    assert socket.poll(1000) and socket.recv() == b"beat"
    socket.close()


@check
def iopub_welcome():
    other = km.client()
    other.iopub_channel.start()
    message = other.get_iopub_msg(timeout=5)
    other.iopub_channel.stop()
    assert message["msg_type"] == "iopub_welcome" and message["content"] == {"subscription": ""}, message


@check
def kernel_info_reply_valid():
    assert kc.kernel_info(reply=True, timeout=20)["content"]["status"] == "ok"


@check
def kernel_info_has_language_info():
    language = kc.kernel_info(reply=True, timeout=20)["content"]["language_info"]
    assert language["name"] == "typescript" and language["file_extension"] == ".ts", language


@check
def kernel_info_has_protocol_version():
    assert kc.kernel_info(reply=True, timeout=20)["content"]["protocol_version"] == "5.5"


@check
def execute_stdout():
    _, seen = execute("console.log('hello')")
    assert only(seen, "stream") == {"name": "stdout", "text": "hello\n"}


@check
def execute_stderr():
    _, seen = execute("console.error('oops')")
    assert only(seen, "stream") == {"name": "stderr", "text": "oops\n"}


@check
def execute_reply_ok():
    assert execute("1")[0]["content"]["status"] == "ok"


@check
def status_busy_idle_lifecycle():
    _, seen = execute("console.log('x'); 1")
    kinds = [m["content"].get("execution_state", m["msg_type"]) for m in seen]
    assert kinds == ["busy", "execute_input", "stream", "execute_result", "idle"], kinds


@check
def execute_input_broadcast():
    reply, seen = execute("40 + 2")
    assert only(seen, "execute_input") == {"code": "40 + 2", "execution_count": reply["content"]["execution_count"]}


@check
def complete_request():
    content = kc.complete("Math.flo", reply=True, timeout=20)["content"]
    assert "floor" in content["matches"] and (content["cursor_start"], content["cursor_end"]) == (5, 8), content


@check
def inspect_request():
    content = kc.inspect("Math.floor", reply=True, timeout=20)["content"]
    assert content["found"] and "floor(x: number): number" in content["data"]["text/plain"], content


@check
def is_complete_complete():
    kc.is_complete("const a = 1")
    assert kc.get_shell_msg(timeout=20)["content"]["status"] == "complete"


@check
def is_complete_incomplete():
    kc.is_complete("for (const a of [1]) {")
    assert kc.get_shell_msg(timeout=20)["content"]["status"] == "incomplete"


@check
def history_request():
    execute("'for the history'")
    history = kc.history(hist_access_type="tail", n=1, reply=True, timeout=20)["content"]["history"]
    assert history[-1][2] == "'for the history'", history


@check
def comm_info_request():
    assert kc.comm_info(reply=True, timeout=20)["content"] == {"status": "ok", "comms": {}}


@check
def error_handling():
    reply, seen = execute("let = ;")
    content, error = reply["content"], only(seen, "error")
    assert content["status"] == "error" and error["ename"] == content["ename"] == "SyntaxError", content
    assert error["traceback"] == content["traceback"] and error["evalue"] == content["evalue"]


@check
def display_data():
    _, seen = execute("display.html('<b>1</b>')")
    assert only(seen, "display_data")["data"]["text/html"] == "<b>1</b>"


@check
def update_display_data():
    _, seen = execute("display.html('1', { displayId: 'd' }); display.html('2', { displayId: 'd' })")
    first, second = only(seen, "display_data"), only(seen, "update_display_data")
    assert first["transient"] == second["transient"] == {"display_id": "d"} and second["data"]["text/html"] == "2"


@check
def execute_result():
    reply, seen = execute("6 * 7")
    result = only(seen, "execute_result")
    assert result["data"] == {"text/plain": "42"} and result["execution_count"] == reply["content"]["execution_count"]


@check
def rich_execute_result():
    _, seen = execute("html`<i>${'<'}</i>`")
    assert only(seen, "execute_result")["data"]["text/html"] == "<i>&lt;</i>"


@check
def stdin_input_request():
    msg_id = kc.execute("prompt('name?')", allow_stdin=True)
    asked = kc.get_stdin_msg(timeout=20)
    assert asked["content"] == {"prompt": "name?", "password": False}
    kc.input("Ada")
    assert reply_to(msg_id)["content"]["status"] == "ok"
    assert only(iopub_of(msg_id), "execute_result")["data"]["text/plain"] == "'Ada'"


@check
def comms_lifecycle():
    opening = "globalThis[Symbol.for('blankslate.comms')].target('testbed', (comm) => comm.onMessage(({ data }) => comm.send({ twice: data.n * 2 })))"
    assert execute(f"// @ts-nocheck\n{opening}")[0]["content"]["status"] == "ok"
    comm_id = uuid.uuid4().hex

    def send(kind, **content):
        message = kc.session.msg(kind, {"comm_id": comm_id, **content})
        kc.shell_channel.send(message)
        return iopub_of(message["header"]["msg_id"])

    send("comm_open", target_name="testbed", data={})
    known = kc.comm_info("testbed", reply=True, timeout=20)["content"]["comms"]
    assert known == {comm_id: {"target_name": "testbed"}}, known
    assert only(send("comm_msg", data={"n": 21}), "comm_msg")["data"] == {"twice": 42}
    send("comm_close", data={})
    assert kc.comm_info(reply=True, timeout=20)["content"]["comms"] == {}


@check
def interrupt_request():
    msg_id = kc.execute("while (true) {}")
    time.sleep(0.3)
    assert control("interrupt")["content"]["status"] == "ok"
    assert reply_to(msg_id)["content"]["ename"] == "Interrupted"
    iopub_of(msg_id)


@check
def execution_count_increments():
    first, second = (execute("1")[0]["content"]["execution_count"] for _ in range(2))
    assert second == first + 1


@check
def parent_header_correlation():
    msg_id = kc.execute("console.log(1); display(2); 3")
    reply = reply_to(msg_id)
    for message in [reply, *iopub_of(msg_id)]:
        assert message["parent_header"]["msg_id"] == msg_id
        assert message["parent_header"]["session"] == kc.session.session


@check
def shutdown_reply():
    content = control("shutdown", {"restart": False})["content"]
    assert content == {"status": "ok", "restart": False}, content
    deadline = time.time() + 10
    while km.is_alive() and time.time() < deadline:
        time.sleep(0.02)
    assert not km.is_alive()


def attempt(function):
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(json.dumps({name: attempt(function) for name, function in CHECKS.items()}))
kc.stop_channels()
sys.stdout.flush()
if km.is_alive():
    km.shutdown_kernel(now=True)
