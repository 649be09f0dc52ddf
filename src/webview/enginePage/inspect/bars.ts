/** Counts as a table with a bar in each row: the plot and its table are one. Bars are SVG: the policy allows no styles. */
import { html, svg, type TemplateResult } from 'lit';
import { plainText } from '../../../core/text/plainText';

export interface BarRow {
  label: string;
  /** Accessible name of what a click does; null: no click. */
  action: { title: string; run: () => void } | null;
  values: (TemplateResult | string)[];
  /** 0…1. */
  share: number;
}

export function barTable(
  id: string,
  title: string,
  columns: readonly string[],
  rows: readonly BarRow[],
): TemplateResult {
  const [first, ...others] = columns;
  return html`<section class="bars" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    <table class="numbers" aria-labelledby=${id}>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">${first}</th>
          ${others.map((label) => html`<th scope="col">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">
                ${
                  row.action
                    ? html`<button
                        class="bar-name"
                        type="button"
                        title=${row.action.title}
                        @click=${row.action.run}
                      >
                        <bdi>${plainText(row.label)}</bdi>
                      </button>`
                    : html`<bdi class="bar-name" title=${row.label}>${row.label}</bdi>`
                }
                ${bar(row.share)}
              </th>
              ${row.values.map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function bar(share: number): TemplateResult {
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect class="bar-value" width=${Math.max(0.5, share * 100)} height="1"></rect>`}
  </svg>`;
}
