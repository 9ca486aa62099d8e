import { figures, integer, percent } from '../numbers.js';
import type { NearPair } from '../pictures/near-duplicates.js';
import type { Duplicates } from '../pictures/types.js';
import type { ReportData, ShownPicture } from './data.js';
import { html, type Html, section, table } from './html.js';

function figure({ name, label, predicted, probability, picture, map }: ShownPicture): Html {
  const alt = (what: string) => `${what} of ${name}`;
  const image = (source: string | undefined, what: string) =>
    source === undefined ? undefined : html`<img src="${source}" alt="${alt(what)}" />`;
  return html` <li>
    <figure>
      <div class="pair">
        ${image(picture, 'Picture')}${image(map, `Activation map for ${predicted}`)}
      </div>
      <figcaption>
        <b>${predicted}</b> ${percent(probability)}${
          label === predicted ? html`, right` : html`, labelled <b>${label}</b>`
        }<br />${name}
      </figcaption>
    </figure>
  </li>`;
}

const gallery = (title: string, note: string, pictures: readonly ShownPicture[]): Html =>
  html` <h3>${title}</h3>
    <p class="soft">${note}</p>
    <ul class="pictures">
      ${pictures.map(figure)}
    </ul>`;

function suspiciousLabels({ suspicious, suspiciousCount: count = 0 }: Shown): Html {
  if (suspicious === undefined) {
    return html`<p>
      Labels were not reviewed; <code>resnet-heads review</code> finds those that are probably
      wrong.
    </p>`;
  }
  if (count === 0) return html`<p>No label is suspicious.</p>`;
  const some =
    count > suspicious.length ? `${suspicious.length} of ${integer(count)} are shown. ` : '';
  const note = `Labels that are probably wrong, by heads that were not trained on the picture (confident learning, arXiv 1911.00068). ${some}resnet-heads review lists them in a .csv file, which train --exclude reads.`;
  return gallery('Suspicious labels', note, suspicious);
}

type Shown = Pick<
  ReportData,
  'suspicious' | 'suspiciousCount' | 'mostWrong' | 'leastSure' | 'folder' | 'evaluation'
>;

/** The pictures that are worth a look. */
export function picturesSection(shown: Shown): Html {
  const { evaluation, mostWrong, leastSure, folder } = shown;
  return section(
    'pictures',
    'Pictures to look at',
    html`<p>
      Beside a picture, as the classifier sees it, is the activation map of the predicted class:
      yellow where it finds evidence for that class, dark where it finds the least or evidence
      against it.${folder === undefined ? undefined : html` All are in <code>${folder}</code>.`}
    </p>`,
    suspiciousLabels(shown),
    evaluation.accuracy === 1
      ? html`<p>No prediction is wrong.</p>`
      : mostWrong.length === 0
        ? undefined
        : gallery(
            'Most wrong',
            'Wrong predictions with the highest probabilities. Check their labels first.',
            mostWrong,
          ),
    leastSure.length === 0
      ? undefined
      : gallery(
          'Least sure',
          'Predictions with the lowest probabilities. Pictures like these help most when they are added to training.',
          leastSure,
        ),
  );
}

/** How many are listed. */
const LISTED = 20;

const listed = (groups: readonly (readonly string[])[]): Html =>
  html` <ul>
      ${groups.slice(0, LISTED).map((paths) => html`<li>${paths.join(', ')}</li>`)}
    </ul>
    ${groups.length > LISTED ? html`<p class="soft">${integer(groups.length - LISTED)} more are not listed.</p>` : undefined}`;

/** Pictures that are in training and held out, exactly or nearly. */
export function duplicatesSection(
  near: readonly NearPair[] | undefined,
  exact: Duplicates | undefined,
): Html | undefined {
  const { acrossClasses = [], acrossParts = [] } = exact ?? {};
  if (near === undefined && acrossClasses.length + acrossParts.length === 0) return undefined;
  return section(
    'duplicates',
    'Duplicates',
    near === undefined
      ? undefined
      : near.length === 0
        ? html`<p>No held-out picture is nearly the same as a training picture.</p>`
        : html`<p>
              ${integer(near.length)} held-out ${near.length === 1 ? 'picture is' : 'pictures are'}
              nearly the same as a training picture, so the accuracy is too high. To keep such
              pictures on one side, use folders <code>train</code> and <code>val</code>, or a .csv
              file with the column <code>split</code>.
            </p>
            ${table(
              'Root mean square difference of the pixels at 16 × 16, from 0 to 255',
              [
                { title: 'held out' },
                { title: 'training' },
                { title: 'difference', numeric: true },
              ],
              near
                .slice(0, LISTED)
                .map(({ heldOut, training, difference }) => [
                  heldOut,
                  training,
                  figures(difference),
                ]),
            )}
            ${near.length > LISTED ? html`<p class="soft">${integer(near.length - LISTED)} more are not listed.</p>` : undefined}`,
    acrossClasses.length === 0
      ? undefined
      : html`<p>In several classes, and left out of training:</p>
          ${listed(acrossClasses)}`,
    acrossParts.length === 0
      ? undefined
      : html`<p>The same file in training and held out, and used for validation only:</p>
          ${listed(acrossParts)}`,
  );
}
