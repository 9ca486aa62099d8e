import { given } from '../../src/given';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { watch } from '../../scripts/chromium/find';
import { installCamera } from './camera';
import { WITH_BASE } from './check';
import type { DrawnFile } from './drawn';

const AXE = createRequire(import.meta.url).resolve('axe-core');

/** The widths at which a state is looked at; at the least, nothing may lie beside the page. */
const WIDTHS = { narrowest: 320, phone: 375, desktop: 1200 } as const;
const HEIGHT = 800;

/** Far above any honest duration: training on resnet-mini takes some ten seconds on a busy machine. */
const LIMIT_MS = 60_000;

declare global {
  interface Window {
    axe: typeof axe;
  }
}

export interface VisitOptions {
  readonly browser: Browser;
  readonly address: string;
  /** Behind the address, such as `?base=…`. */
  readonly query?: string;
  /** Where to put a picture of each state. */
  readonly screenshots?: string | undefined;
  /** The address of a web page that the app has exported, to open instead of the app. */
  readonly exported?: string;
  /** Whether the page may use a camera. */
  readonly camera?: boolean;
  /** Whether the page starts; it is waited for. @default true */
  readonly starts?: boolean;
  /** Runs in the page before its scripts. */
  readonly init?: () => void;
}

/** A person at the page: what they do and see, by roles and names. */
export class Visit {
  private constructor(
    readonly page: Page,
    /** What the page did that it shouldn't: errors, and requests to other hosts. */
    readonly faults: string[],
    private readonly place: Parameters<typeof Visit.begin>[1],
  ) {}

  static async open(options: VisitOptions): Promise<Visit> {
    const { browser, query = '', screenshots, camera = false, init, exported, starts } = options;
    const context = await browser.newContext({
      viewport: { width: WIDTHS.desktop, height: HEIGHT },
      permissions: camera ? ['camera'] : [],
    });
    if (init !== undefined) await context.addInitScript(init);
    const address = exported ?? options.address;
    return Visit.begin(context, { address, query, screenshots, ...given({ exported, starts }) });
  }

  private static async begin(
    context: BrowserContext,
    place: Required<Pick<VisitOptions, 'address' | 'query'>> &
      Pick<VisitOptions, 'screenshots' | 'exported' | 'starts'>,
  ): Promise<Visit> {
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    const faults = await watch(page, place.address);
    await page.addInitScript(installCamera);
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    // From now on pickers are this test's: one that opens before anyone waits for it would else be lost.
    page.on('filechooser', () => undefined);
    const visit = new Visit(page, faults, place);
    try {
      await page.goto(place.address + place.query);
      await visit.started();
      return visit;
    } catch (error) {
      const said = await visit.said();
      await visit.close();
      throw new Error(`the page does not start: ${said}`, { cause: error });
    }
  }

  private async started(): Promise<void> {
    if (this.place.exported !== undefined || this.place.starts === false) return;
    await this.sees('contentinfo', /^Running on (WebGPU|WebGL|WebAssembly); /);
    if (this.place.query === WITH_BASE.query) await this.sees('status', 'The backbone is loaded.');
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.started();
  }

  /** Opens the page in another tab of the same browser. */
  otherTab(): Promise<Visit> {
    return Visit.begin(this.page.context(), this.place);
  }

  /** What the page says, and what it did that it shouldn't: for who looks for the cause of a failure. */
  async said(): Promise<string> {
    const texts: string[] = [];
    for (const role of ['alert', 'status'] as const) {
      texts.push(...(await this.page.getByRole(role).allInnerTexts()));
    }
    return [...texts.filter((text) => text !== ''), ...this.faults].join('\n  ');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Waits until something of a role, on the whole page, says this. */
  async sees(role: 'alert' | 'status' | 'contentinfo', text: string | RegExp): Promise<void> {
    await this.page
      .getByRole(role)
      .getByText(text)
      .or(this.page.getByRole(role).filter({ hasText: text }))
      .first()
      .waitFor();
  }

  async choose(opener: Locator, files: readonly DrawnFile[] | readonly string[]): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), opener.click()]);
    await chooser.setFiles([...files] as DrawnFile[]);
  }

  async addPictures(className: string, files: readonly DrawnFile[]): Promise<void> {
    await this.choose(this.button(`Add pictures: ${className}`), files);
    await this.sees('status', `added to ${className}`);
  }

  /** Drags files from outside the browser onto a part of the page. */
  async drop(onto: Locator, files: readonly DrawnFile[]): Promise<void> {
    const plain = files.map(({ name, mimeType, buffer }) => ({
      name,
      mimeType,
      base64: buffer.toString('base64'),
    }));
    const dataTransfer = await this.page.evaluateHandle((list) => {
      const carried = new DataTransfer();
      for (const { name, mimeType, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        carried.items.add(new File([bytes], name, { type: mimeType }));
      }
      return carried;
    }, plain);
    await onto.dispatchEvent('dragover', { dataTransfer });
    await onto.dispatchEvent('drop', { dataTransfer });
  }

  /** Presses Tab until something has the focus; what has it on the way has to show that. */
  async tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const limit = 100;
    for (let i = 0; i < limit; i++) {
      if (await target.evaluate((node) => node === document.activeElement)) return;
      await this.page.keyboard.press(key);
      const hidden = await this.page.evaluate(() => {
        const active = document.activeElement;
        if (active === null || active === document.body) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(active);
        return outlineStyle === 'none' || outlineWidth === '0px' ? active.outerHTML : undefined;
      });
      assert.equal(hidden, undefined, 'what has the focus, and does not show it');
    }
    assert.fail(`the focus never came to ${String(target)}`);
  }

  /** How many tensors the page says that it holds. */
  async tensors(): Promise<number> {
    const text = await this.page.getByRole('contentinfo').innerText();
    const found = /; ([\d,]+) tensors? in memory/.exec(text)?.[1];
    assert(found !== undefined, `a number of tensors in "${text}"`);
    return Number(found.replaceAll(',', ''));
  }

  /** Looks at a state in both schemes and at each width: axe finds nothing, and all of it is on the page. */
  async inspect(state: string): Promise<void> {
    await this.page.addScriptTag({ path: AXE });
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      for (const [name, width] of Object.entries(WIDTHS)) {
        await this.page.setViewportSize({ width, height: HEIGHT });
        const found = await this.page.evaluate(async () => {
          const { violations } = await window.axe.run({
            // Of WCAG 2.2: 24 pixels. Not among the defaults.
            rules: { 'target-size': { enabled: true } },
          });
          return violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`,
          );
        });
        assert.deepEqual(found, [], `axe: ${state}, ${colorScheme}, ${width} pixels wide`);
        const wide = await this.page.evaluate(() => document.documentElement.scrollWidth);
        assert(wide <= width, `${state}: the page is ${wide} pixels wide where ${width} are there`);
        const { screenshots } = this.place;
        if (screenshots !== undefined && name !== 'narrowest') {
          const path = join(screenshots, `${state}-${name}-${colorScheme}.png`);
          await this.page.screenshot({ path, fullPage: true });
        }
      }
    }
    await this.page.emulateMedia({ colorScheme: null });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
