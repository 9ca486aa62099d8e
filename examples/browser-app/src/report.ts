import type { Classifier } from 'resnet-heads';
import { Bar } from './bar.js';
import { alert, breathe, find, messageOf } from './dom.js';
import { download } from './files.js';
import type { Lesson, NoLesson } from './lesson.js';
import { counted } from './numbers.js';

const zone = find('report-zone', HTMLElement);
const status = find('report-status', HTMLElement);
const alertArea = find('report-alert', HTMLElement);
const bar = new Bar('report');

/** A report about a trained classifier, which is written when it is first asked for. */
class Report {
  private readonly stopper = new AbortController();
  private page: Promise<string> | undefined;
  private url: string | undefined;

  constructor(
    private readonly classifier: Classifier,
    private readonly lesson: Lesson,
  ) {}

  /** Writes it once; another try follows an error. */
  write(): Promise<string> {
    this.page ??= this.measure().catch((error: unknown) => {
      this.page = undefined;
      throw error;
    });
    return this.page;
  }

  private async measure(): Promise<string> {
    const { held, train } = this.lesson;
    const [pictures, which] = held.length > 0 ? [held, 'held-out'] : [train, 'training'];
    status.textContent = 'Writing the report …';
    bar.show('Classifying the pictures');
    // Lets the browser draw the status: the first picture blocks the page.
    await breathe();
    try {
      const page = await this.classifier.report(pictures, {
        title: `Report on ${counted(pictures.length, `${which} picture`)}`,
        signal: this.stopper.signal,
        onProgress: ({ label, done, total = done }) => {
          const what = label === 'evaluation' ? 'Classifying the pictures' : 'Drawing maps';
          bar.show(`${what}: ${done} of ${total}`, total === 0 ? 1 : done / total);
        },
      });
      const hint =
        held.length > 0 ? '' : ' No pictures were held out, so it is on the training pictures.';
      if (!this.isDropped) status.textContent = `The report is written.${hint}`;
      return page;
    } catch (error) {
      if (!this.isDropped) status.textContent = '';
      throw error;
    } finally {
      bar.hide();
    }
  }

  /** The address of the page, for as long as the report is offered. */
  async address(): Promise<string> {
    this.url ??= URL.createObjectURL(new Blob([await this.write()], { type: 'text/html' }));
    return this.url;
  }

  get isDropped(): boolean {
    return this.stopper.signal.aborted;
  }

  drop(): void {
    this.stopper.abort();
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
  }
}

let report: Report | undefined;

/** Offers a report about a classifier with its pictures; says why not if they have changed. Without either, offers nothing. */
export function offerReport(classifier?: Classifier, lesson: Lesson | NoLesson = 'opened'): void {
  report?.drop();
  report =
    classifier === undefined || typeof lesson === 'string'
      ? undefined
      : new Report(classifier, lesson);
  zone.hidden = report === undefined;
  status.textContent =
    lesson === 'changed'
      ? 'The report is not offered: the pictures have changed since the classifier was trained. Train again.'
      : '';
  alert(alertArea);
}

/** Does something with the report, and shows what went wrong unless the report is no longer offered. */
async function withReport(act: (report: Report) => Promise<void>): Promise<void> {
  const current = report;
  if (current === undefined) return;
  alert(alertArea);
  try {
    await act(current);
  } catch (error) {
    if (!current.isDropped) alert(alertArea, messageOf(error));
  }
}

find('report-download', HTMLButtonElement).addEventListener('click', () => {
  void withReport(async (current) => {
    download(await current.write(), 'report.html');
  });
});

find('report-open', HTMLButtonElement).addEventListener('click', () => {
  // Opened at once: browsers block a tab that opens long after the click.
  const tab = window.open('', '_blank');
  void withReport(async (current) => {
    if (tab === null)
      throw new Error('The browser did not open a tab. Download the report instead.');
    try {
      tab.document.body.textContent = 'Writing the report …';
      tab.location.href = await current.address();
    } catch (error) {
      tab.close();
      throw error;
    }
  });
});
