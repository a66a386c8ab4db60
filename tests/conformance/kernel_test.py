"""jupyter_kernel_test, all of it, on the kernel named blankslate. Prints {"ran", "failed", "skipped"} as JSON."""

import io
import json
import unittest

import jupyter_kernel_test as jkt


class BlankslateTests(jkt.KernelTests):
    kernel_name = "blankslate"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "JSON.stringif", "matches": {"stringify"}},
        {"text": "[1].forEa", "matches": {"forEach"}},
    ]
    complete_code_samples = [
        "1",
        "const a: number = 1",
        "function f(x: number) { return x * 2 }",
        "if (true) {\n  1\n}",
        "/[(]/.test('x')",
        "`template ${1 + 1}`",
        "interface Point { x: number }",
    ]
    incomplete_code_samples = ["function f(", "const a = [1,", "`abc", "if (true) {", "/* open", "class A {\n  x = 1"]
    invalid_code_samples = ["const = 7q", "let 1x = 2", "}", "for (;;))"]
    code_generate_error = "throw new Error('bad')"
    code_execute_result = [
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[1, 2, 3].map(n => n * n)", "result": "[ 1, 4, 9 ]"},
        {"code": "'text'", "result": "'text'"},
    ]
    code_display_data = [
        {"code": "display.html('<b>bold</b>')", "mime": "text/html"},
        {"code": "display({ a: 1 })", "mime": "text/plain"},
    ]
    code_history_pattern = "1 ? 2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "parseInt"
    code_clear_output = "display.clear()"
    code_page_something = "display.page('a long text')"


class WelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "blankslate"
    support_iopub_welcome = True


if __name__ == "__main__":
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(c) for c in (BlankslateTests, WelcomeTests))
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    bad = [(str(test), text[-1500:]) for test, text in result.failures + result.errors]
    print(json.dumps({"ran": result.testsRun, "failed": bad, "skipped": [str(t) for t, _ in result.skipped]}))
