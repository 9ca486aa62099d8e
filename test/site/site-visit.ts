import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { watch } from '../../scripts/chromium/find';

const AXE = createRequire(import.meta.url).resolve('axe-core');

const SCREENS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;
const SERIOUS = ['serious', 'critical'];
const LIMIT_MS = 30_000;

/** The longest picture that is worth looking at; the study's page has more. */
const MOST_PIXELS_HIGH = 6_000;

/** Somebody at the site. */
export class SiteVisit {
  private constructor(
    readonly browser: Browser,
    readonly address: string,
    readonly page: Page,
    /** Errors on the console, failed requests, requests to other hosts, and what `inspect` finds. */
    readonly faults: string[],
    private readonly screenshots: string | undefined,
  ) {}

  static async open(browser: Browser, address: string, screenshots: string | undefined) {
    const context = await browser.newContext({ viewport: SCREENS.desktop });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    const faults = await watch(page, address);
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('response', (response) => {
      if (!response.ok()) faults.push(`${response.status()} for ${response.url()}`);
    });
    page.on('requestfailed', (request) => {
      // What a page still fetches when it is left is cancelled.
      const reason = request.failure()?.errorText ?? '';
      if (reason !== 'net::ERR_ABORTED') faults.push(`${reason} for ${request.url()}`);
    });
    return new SiteVisit(browser, address, page, faults, screenshots);
  }

  /** Opens a page by its path, or the first one without any. */
  async goTo(path = ''): Promise<void> {
    await this.page.goto(this.address + path);
    // Written by a script, from a file that it fetches.
    if (!path.startsWith('app/')) await this.page.locator('#tsd-nav-container a').first().waitFor();
  }

  /** Opens a page as its reader does, by its name in the menu of the first one. */
  async follow(name: string): Promise<void> {
    await this.goTo();
    // By its text: its name for a screen reader begins with "Document".
    await this.page.locator('#tsd-nav-container').getByText(name, { exact: true }).click();
    await this.page.locator('h1').filter({ hasText: name }).waitFor();
    await this.page.locator('#tsd-nav-container a').first().waitFor();
  }

  /** Looks at a page in both themes, on a desktop and on a phone: what axe finds serious is a fault, and so is a page wider than the screen. */
  async inspect(name: string): Promise<void> {
    const { page, screenshots } = this;
    await page.addScriptTag({ path: AXE });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [screen, size] of Object.entries(SCREENS)) {
        await page.setViewportSize(size);
        const state = `${name}, ${colorScheme}, ${screen}`;
        if (screenshots !== undefined) {
          const path = join(screenshots, `${name}-${screen}-${colorScheme}.png`);
          const whole = await page.evaluate(() => document.documentElement.scrollHeight);
          const clip = { x: 0, y: 0, width: size.width, height: Math.min(whole, MOST_PIXELS_HIGH) };
          await page.screenshot({ path, fullPage: true, clip });
        }
        const found = await page.evaluate(async () => {
          const { violations } = await window.axe.run();
          return violations.map(({ id, impact, nodes }) => ({
            impact: impact ?? '',
            text: `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join('\n  ')}`,
          }));
        });
        for (const { impact, text } of found) {
          if (SERIOUS.includes(impact)) this.faults.push(`axe: ${state}: ${text}`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > size.width) this.faults.push(`${state}: the page is ${wide} pixels wide`);
      }
    }
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize(SCREENS.desktop);
  }

  assertFaultless(): void {
    assert.deepEqual(this.faults, [], 'faults of the page');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
