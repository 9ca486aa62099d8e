import type { EChartsOption } from 'echarts';
import { PackageError, requireKnown, requireOneOf, requirePositiveInteger } from '../../errors.js';

export type ChartTheme = 'light' | 'dark';

export interface ChartOptions {
  /** Colours for a light or a dark page; the background is transparent. @default 'light' */
  readonly theme?: 'light' | 'dark';
  /** Pixels. @default 760 */
  readonly width?: number;
}

/** Pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Colours of text and lines. */
export const INK: Readonly<Record<ChartTheme, { readonly text: string; readonly lines: string }>> =
  {
    light: { text: '#24292f', lines: '#d0d7de' },
    dark: { text: '#e6edf3', lines: '#3d444d' },
  };

/** Average width of a label's character, in pixels. */
export const CHARACTER = 7;

/** Checks the options and fills in the defaults. */
export function resolveChartOptions(options: ChartOptions): Required<ChartOptions> {
  requireKnown('options', options, { theme: true, width: true });
  const { theme = 'light', width = 760 } = options;
  requireOneOf('theme', theme, ['light', 'dark']);
  requirePositiveInteger('width', width);
  return { theme, width };
}

async function loadEcharts(): Promise<typeof import('echarts')> {
  try {
    return await import('echarts');
  } catch (cause) {
    throw new PackageError(
      'echarts: expected it to be installed, got no such package; npm install echarts',
      { cause },
    );
  }
}

/** Removes ECharts's hover styles and internal attributes, which are numbered per process: equal charts are equal text. */
const still = (svg: string): string =>
  svg
    .replaceAll(/<style[^>]*>[^]*?<\/style>\s*/g, '')
    .replaceAll(/ (class|ecmeta_\w+)="[^"]*"/g, '');

/**
 * Draws a static chart; returns the text of an SVG file.
 *
 * @throws PackageError if ECharts isn't installed
 */
export async function drawSvg(option: EChartsOption, size: Size): Promise<string> {
  const { init } = await loadEcharts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, ...option });
    return still(chart.renderToSVGString());
  } finally {
    // Its timers would keep the process alive.
    chart.dispose();
  }
}

/** A chart's title and subtitle. */
export const heading = (text: string, subtext: string, color: string): EChartsOption['title'] => ({
  text,
  subtext,
  left: 0,
  textStyle: { color, fontSize: 15 },
  subtextStyle: { color },
});
