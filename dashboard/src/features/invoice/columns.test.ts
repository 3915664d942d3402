import { describe, expect, it } from "vitest";
import { guessed, headings } from "./columns";

describe("columns of an invoice", () => {
  it("are told by their headings", () => {
    expect(headings('\uFEFF"Usage date";"Model, as billed";Amount (USD)\r\n2026-10-01;x;1,5')).toEqual(["Usage date", "Model, as billed", "Amount (USD)"]);
    expect(headings("")).toEqual([]);
    expect(guessed(["Date", "Model", "Cached input tokens", "Input tokens", "Output tokens", "Cost (USD)"])).toEqual({
      day: "Date",
      model: "Model",
      cached_tokens: "Cached input tokens",
      input_tokens: "Input tokens",
      output_tokens: "Output tokens",
      cost_usd: "Cost (USD)",
    });
  });
  it("say nothing that is not there", () => {
    expect(guessed(["Name", "Remark"])).toEqual({});
  });
});
