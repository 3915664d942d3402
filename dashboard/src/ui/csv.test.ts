import { expect, it } from "vitest";
import { csv } from "./csv";

it("writes cells that no spreadsheet takes for a formula", () => {
  expect(csv([["name", "cost"], ["=HYPERLINK(1)", 1.5], ['a "b", c', null], ["@x", "-3.5"]])).toBe("name,cost\r\n\"'=HYPERLINK(1)\",1.5\r\n\"a \"\"b\"\", c\",\r\n\"'@x\",-3.5\r\n");
});

it("looks behind what is blank, as the gateway does", () => {
  for (const formula of ["=1+1", "+1", "-1+1", "--1", "-1.", "-.5", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\u00a0=1"]) expect(csv([[formula]])).toBe(`"'${formula}"\r\n`);
  expect(csv([["a=b", "0.000000105", "-1", "a;b"]])).toBe('a=b,0.000000105,-1,"a;b"\r\n');
});
