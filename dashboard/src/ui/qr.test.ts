// What is drawn is read back by another library.
import jsQR from "jsqr";
import { expect, it } from "vitest";
import { squares } from "./qr";

const SCALE = 4;

it("draws what a camera reads", () => {
  const text = "otpauth://totp/Gatewright:ada%40acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatewright&algorithm=SHA1&digits=6&period=30";
  const rows = squares(text);
  const size = rows.length * SCALE;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) if (rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)]) pixels.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3);
  }
  expect(jsQR(pixels, size, size)?.data).toBe(text);
});
