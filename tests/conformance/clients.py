"""Jupyter's own clients on the kernel named blankslate: `python clients.py CASE` prints what was seen as JSON."""

import json
import os
import signal
import sys
import threading
import time

from jupyter_client.manager import KernelManager, start_new_kernel


def execute(kc, code, timeout=60, **options):
    """One cell through the blocking client -> reply content, every iopub message up to idle, and late ones."""
    messages = []
    started = time.perf_counter()
    reply = kc.execute_interactive(code, output_hook=messages.append, timeout=timeout, allow_stdin=False, **options)
    seconds = time.perf_counter() - started
    late = []
    try:
        while True:
            message = kc.get_iopub_msg(timeout=0.3)
            if message["msg_type"] != "status":
                late.append(message["msg_type"])
    except Exception as error:  # queue.Empty, the end of what came
        if type(error).__name__ != "Empty":
            raise
    return reply["content"], messages, late, seconds


def text_of(messages, name="stdout"):
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream" and m["content"]["name"] == name)


def values_of(messages):
    return [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"]


def lines():
    km, kc = start_new_kernel(kernel_name="blankslate")
    n = 100_000
    code = f"for (let i = 0; i < {n}; i++) console.log('line ' + i + ' of the throughput test')"
    content, messages, late, seconds = execute(kc, code)
    text = text_of(messages)
    expected = "".join(f"line {i} of the throughput test\n" for i in range(n))
    streams = sum(m["msg_type"] == "stream" for m in messages)
    _, after, _, _ = execute(kc, "6 * 7")
    stop(km, kc)
    return dict(status=content["status"], equal=text == expected, streams=streams, late=late, seconds=seconds, after=values_of(after))


def nbclient_lines():
    """A notebook of a cell that prints 3,000 lines, `sys.argv[2]` times, each on a new kernel -> lines kept per run."""
    import nbformat
    from nbclient import NotebookClient

    kept = []
    for _ in range(int(sys.argv[2])):
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [
            nbformat.v4.new_code_cell("console.log('hello'); 1 + 1"),
            nbformat.v4.new_code_cell("for (let i = 0; i < 3000; i++) console.log(`line ${i}`)"),
            nbformat.v4.new_code_cell("'last'"),
        ]
        NotebookClient(notebook, kernel_name="blankslate", timeout=60).execute()
        outputs = [cell.outputs for cell in notebook.cells]
        text = "".join(o.text for o in outputs[1])
        whole = text == "".join(f"line {i}\n" for i in range(3000))
        right = outputs[0][0].text == "hello\n" and outputs[0][1].data["text/plain"] == "2"
        last = outputs[2][0].data["text/plain"] == "'last'" and notebook.cells[2].execution_count == 3
        kept.append(text.count("\n") if whole and right and last else -1)
    return kept


def quickstart():
    """notebooks/quickstart.ipynb on its small budget through nbclient, then cell by cell through the blocking client -> what its last cell showed."""
    from pathlib import Path

    import nbformat
    from nbclient import NotebookClient

    path = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('const budget = "full"', 'const budget = "small"')
    codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, kernel_name="blankslate", timeout=240).execute()
    nbformat.validate(notebook)
    km, kc = start_new_kernel(kernel_name="blankslate")
    replies = []
    for code in codes:
        content, messages, late, _ = execute(kc, code, timeout=240)
        replies.append([content["status"], late])
    shown = [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] in ("execute_result", "display_data")]
    stop(km, kc)
    return dict(nbclient=notebook.cells[-1].outputs[-1].data["text/plain"], blocking=shown[-1], replies=replies)


def failing_notebook():
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("throw new TypeError('no such thing')"), nbformat.v4.new_code_cell("1")]
    try:
        NotebookClient(notebook, kernel_name="blankslate", timeout=60).execute()
    except CellExecutionError as error:
        return dict(ename=error.ename, evalue=error.evalue, output=notebook.cells[0].outputs[0].output_type, second=notebook.cells[1].execution_count)


def interrupt():
    """`while (true) {}` stopped by message and by SIGINT, four times each -> milliseconds to the reply, and the variable afterwards."""
    seen = []
    km, kc = start_new_kernel(kernel_name="blankslate")
    execute(kc, "let kept = 4242")
    for how in ("message", "signal") * 4:
        at = []

        def stop_it():
            time.sleep(0.5)
            at.append(time.perf_counter())
            if how == "message":
                km.interrupt_kernel()
            else:
                os.kill(km.provisioner.pid, signal.SIGINT)

        threading.Thread(target=stop_it).start()
        messages = []
        reply = kc.execute_interactive("while (true) {}", output_hook=messages.append, timeout=20)["content"]
        ms = (time.perf_counter() - at[0]) * 1000
        _, after, _, _ = execute(kc, "kept")
        seen.append(dict(how=how, ms=ms, status=reply["status"], ename=reply.get("ename"), kept=values_of(after)))
    stop(km, kc)
    return seen


def process_exit():
    km, kc = start_new_kernel(kernel_name="blankslate")
    execute(kc, "let gone = 1")
    content, messages, _, seconds = execute(kc, "console.log('before'); process.exit(7)")
    errors = [m["content"] for m in messages if m["msg_type"] == "error"]
    _, after, _, _ = execute(kc, "// @ts-ignore\ntypeof gone")
    alive = km.is_alive()
    stop(km, kc)
    return dict(reply=content, errors=errors, printed=text_of(messages), after=values_of(after), alive=alive, seconds=seconds)


def blocking_client():
    """Every request of BlockingKernelClient, its replies checked by jupyter_kernel_test's schemas."""
    from jupyter_kernel_test.msgspec_v5 import validate_message

    km, kc = start_new_kernel(kernel_name="blankslate")
    types = []

    def check(message, kind):
        validate_message(message, kind)
        types.append(kind)

    check(kc.kernel_info(reply=True, timeout=20), "kernel_info_reply")
    check(kc.execute("let point = { x: 1 }; console.log('a'); display(1); point", reply=True, timeout=20), "execute_reply")
    check(kc.complete("point.", reply=True, timeout=20), "complete_reply")
    check(kc.inspect("parseInt", reply=True, timeout=20), "inspect_reply")
    check(kc.history(hist_access_type="tail", n=1, reply=True, timeout=20), "history_reply")
    check(kc.comm_info(reply=True, timeout=20), "comm_info_reply")
    kc.is_complete("1 +")
    check(kc.get_shell_msg(timeout=20), "is_complete_reply")
    for kind in ("kernel_info", "interrupt"):
        kc.control_channel.send(kc.session.msg(f"{kind}_request", {}))
        check(kc.get_control_msg(timeout=20), f"{kind}_reply")
    iopub = set()
    while True:
        try:
            message = kc.get_iopub_msg(timeout=0.3)
        except Exception:
            break
        if message["msg_type"] != "iopub_welcome":
            validate_message(message)
        iopub.add(message["msg_type"])
    kc.shutdown()
    check(kc.get_control_msg(timeout=20), "shutdown_reply")
    kc.stop_channels()
    deadline = time.time() + 5
    while km.is_alive() and time.time() < deadline:
        time.sleep(0.02)
    code = km.provisioner.process.returncode if km.provisioner.process else None
    return dict(replies=types, iopub=sorted(iopub), exit=code, alive=km.is_alive())


def prompt():
    """input_request through the stdin socket, and its refusal where nobody can answer."""
    km, kc = start_new_kernel(kernel_name="blankslate")
    asked = []

    def answer(message):
        asked.append([message["content"]["prompt"], message["content"]["password"]])
        kc.input("Ada")

    messages = []
    kc.execute_interactive(
        "prompt('name?') + '!'", output_hook=messages.append, stdin_hook=answer, timeout=20, allow_stdin=True
    )
    content, _, _, seconds = execute(kc, "prompt('name?')")
    _, after, _, _ = execute(kc, "6 * 7")
    stop(km, kc)
    return dict(asked=asked, values=values_of(messages), refused=content["ename"], seconds=seconds, after=values_of(after))


def curve():
    """CurveZMQ keys in the connection file: a client that knows the public key gets through, one that does not stays outside."""
    import zmq

    public, secret = zmq.curve_keypair()
    km = KernelManager(kernel_name="blankslate", curve_publickey=public, curve_secretkey=secret)
    km.start_kernel()
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=30)
    _, messages, _, _ = execute(kc, "6 * 7")
    stranger = zmq.Context.instance().socket(zmq.DEALER)
    stranger.linger = 0
    stranger.connect(f"tcp://{km.ip}:{km.shell_port}")
    kc.session.send(stranger, kc.session.msg("kernel_info_request", {}))
    heard = stranger.poll(1500)
    stranger.close()
    stop(km, kc)
    return dict(values=values_of(messages), stranger=heard)


def stop(km, kc):
    kc.stop_channels()
    km.shutdown_kernel()


if __name__ == "__main__":
    cases = dict(lines=lines, nbclient_lines=nbclient_lines, failing_notebook=failing_notebook, interrupt=interrupt)
    cases |= dict(process_exit=process_exit, blocking_client=blocking_client, prompt=prompt, curve=curve, quickstart=quickstart)
    print(json.dumps(cases[sys.argv[1]]()))
