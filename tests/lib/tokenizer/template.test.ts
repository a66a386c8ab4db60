// Chat templates are rendered as Python renders them: what is expected was written by transformers 5.24 with jinja2 3.1.
import { expect, test } from "vitest";
import { renderTemplate } from "../../../lib/tokenizer/template.ts";

const values = {
  messages: [
    { role: "system", content: "sys" },
    { role: "user", content: "Hi <b>" },
    { role: "assistant", content: "Yo🙂", tool_calls: null },
  ],
  call: { name: "f", arguments: { place: "it's", n: 2, x: 1.5, ok: true, none: null, list: ["a", 'b"'] } },
};

test.each([
  ["{{ true }}{{ none }}|{{ nothing }}|{{ messages[0].nothing }}{{ messages[2].tool_calls }}", "TrueNone||None"],
  ["{% set x = 1 %}{% macro f() %}m{% endmacro %}{# c #}{{ f() }}", "m"],
  ["{{ call.arguments }}", `{'place': "it's", 'n': 2, 'x': 1.5, 'ok': True, 'none': None, 'list': ['a', 'b"']}`],
  ["{{ ['a\\n\\t', 'é\u200b\u0001'] }}", "['a\\n\\t', 'é\\u200b\\x01']"],
  ["{{ 'x' ~ 1 ~ none ~ true ~ [1] ~ nothing }}", "x1NoneTrue[1]"],
  ["{{ 'xxabxx'.strip('x') }}{{ 'xya'.lstrip('yx') }}{{ 'ab\\n\\n '.rstrip('\\n') }}|", "abaab\n\n |"],
  ["{{ '\ufeff a '.strip() }}|{{ '\u001fa\u0085' | trim }}|", "\ufeff a|a|"],
  ["{{ messages[2].content | length }}{{ '🙂x'[0] }}{{ '🙂x'[-1] }}{{ 'a🙂b'[1:] }}", "3🙂x🙂b"],
  ["{{ '1' == 1 }}{{ 1 == 1.0 }}{{ true == 1 }}{{ [1, 'a'] == [1, 'a'] }}{{ '' == 0 }}", "FalseTrueTrueTrueFalse"],
  ["{{ none == nothing }}{{ {'a': 1} != {'a': 2} }}{{ messages[0] == messages[0] }}", "FalseTrueTrue"],
  ["{{ range(3) | list }}{{ range(5, 1, -2) | list }}{{ strftime_now('%Y') | length }}", "[0, 1, 2][5, 3]4"],
  [
    "{{ messages | map(attribute='role') | join('/') }}{{ messages[1] | tojson }}",
    'system/user/assistant{"role": "user", "content": "Hi <b>"}',
  ],
])("%s", (template, expected) => {
  expect(renderTemplate(template, values)).toBe(expected);
});

test("what is not known is refused, and what a template refuses is said", () => {
  expect(() => renderTemplate("{{ 'a' * 3 }}", values)).toThrow("operator");
  expect(() => renderTemplate("{{ strftime_now('%Q') }}", values)).toThrow("%Q");
  expect(() => renderTemplate("{{ range(1, 2, 0) }}", values)).toThrow("range");
  expect(() => renderTemplate("{{ raise_exception('no turns') }}", values)).toThrow("no turns");
});
