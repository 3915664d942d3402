import { expect, it } from "vitest";
import { csv } from "./csv";

it("writes cells that no spreadsheet takes for a formula", () => {
  expect(csv([["name", "cost"], ["=HYPERLINK(1)", 1.5], ['a "b", c', null], ["@x", "-3.5"]])).toBe("name,cost\r\n'=HYPERLINK(1),1.5\r\n\"a \"\"b\"\", c\",\r\n'@x,-3.5\r\n");
});
