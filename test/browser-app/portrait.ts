import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';

/** What stands in the picture's two columns. */
const COLUMNS = [
  ['.masthead', '#pictures'],
  ['#train', '#try'],
] as const;

/** The page's width, which each column has less its margins, and the space between parts, in pixels. */
const [WIDTH, GAP] = [640, 24];
/** So tall that the bar for undoing, at the bottom of the window, is below the classes. */
const HEIGHT = 2_400;
/** The page's, in its light scheme. */
const GROUND = '#faf9f6';
const COLOURS = 128;

/** Writes docs/images/app.png, the README's picture of the page after training, to a folder. */
export async function portray(page: Page, folder: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: WIDTH, height: HEIGHT });
  const parts: { readonly input: Buffer; readonly left: number; readonly top: number }[] = [];
  let [left, bottom] = [GAP, 0];
  for (const selectors of COLUMNS) {
    let [top, right] = [GAP, 0];
    for (const selector of selectors) {
      const input = await page.locator(selector).screenshot();
      const { width, height } = await sharp(input).metadata();
      parts.push({ input, left, top });
      top += height + GAP;
      right = Math.max(right, left + width);
    }
    left = right + GAP;
    bottom = Math.max(bottom, top);
  }
  const whole = { width: left, height: bottom, channels: 3, background: GROUND } as const;
  await sharp({ create: whole })
    .composite(parts)
    .png({ palette: true, colours: COLOURS, effort: 10 })
    .toFile(join(folder, 'app.png'));
}
