import { expect, test } from "vitest";
import { added, answerType, type Item, itemOf, question, summed } from "./kinds";

const item = (request: Record<string, unknown>) => ({ id: "item_1", format: "chat", request, metadata: {}, masked: false, updated_at: "" }) as Item;

test("an item is called by what was asked last", () => {
  expect(question(item({ messages: [{ role: "user", content: "first" }, { role: "assistant", content: "well" }, { role: "user", content: "second" }] }))).toBe("second");
  expect(question(item({ input: "embed me" }))).toBe("embed me");
  expect(question(item({ messages: [] }))).toBe('{"messages":[]}');
});

test("what is kept of an answer is read as what it is", () => {
  expect(answerType('data: {"choices":[]}\n\n')).toBe("text/event-stream");
  expect(answerType('event: message_start\ndata: {}\n')).toBe("text/event-stream");
  expect(answerType('{"choices":[]}')).toBe("application/json");
  expect(itemOf("hi", " ")).toEqual({ request: { messages: [{ role: "user", content: "hi" }] } });
  expect([added({ added: ["a", "b"] }), added({ added: 3 })]).toEqual([2, 3]);
});

test("what is collected in several goes is told in all", () => {
  const first = summed(null, { added: 2, known: 1, unusable: 0, unread: 3, next_cursor: "c" });
  expect(first).toEqual({ added: 2, known: 1, unusable: 0, unread: 3, cursor: "c" });
  // A gateway of before says nothing of those that could not be read.
  expect(summed(first, { added: ["a"], known: 0, unusable: 4 })).toEqual({ added: 3, known: 1, unusable: 4, unread: 3, cursor: null });
});
