import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { Markdown } from "./markdown";

const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

it("shows what helps reading", () => {
  const shown = html("# Title\n\nA **bold** and `code`.\n\n- one\n- two\n\n1. first\n2. second\n\n```rust\nlet x = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said");
  for (const part of ["Title", "<strong", "<code", "<ul", "<ol", "let x = 1;</pre>", "<th", "<blockquote"]) expect(shown).toContain(part);
});

it("makes nothing of what a caller wrote but text", () => {
  const shown = html('<script>alert(1)</script> <img src=x onerror=alert(1)> ![x](http://evil.invalid/x.png) [press](javascript:alert(1)) [a](https://evil.invalid "t")');
  expect(shown).not.toMatch(/<script|<img|<a |href=|src="/);
  expect(shown).toContain("&lt;script&gt;");
  expect(shown).toContain("http://evil.invalid/x.png");
});

it("is done soon whatever comes", () => {
  const begun = performance.now();
  for (const piece of ["**", "`", "[](", "![", "_a", "*", "|-|\n", "> ", "# ", "1. \n", "```"]) html(piece.repeat(Math.floor(39_000 / piece.length)));
  html("a".repeat(500_000));
  expect(performance.now() - begun).toBeLessThan(10_000);
});
