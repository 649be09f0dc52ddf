/** "Engine and machine": what the file asks for beside what is here, row by row, each with its own small verdict. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ComparisonRow, EngineReport } from '../../../core/report/engineReport';
import { rowStateIcon } from '../../shared/icon';
import { strings } from '../strings';

// Roles are written out: in narrow editors the rows are laid out as a grid, which would take the table's own away.
export function comparisonSection(report: EngineReport): TemplateResult | typeof nothing {
  if (report.rows.length === 0) return nothing;
  return html`
    <section aria-labelledby="comparison-heading">
      <h2 id="comparison-heading">${strings.comparison}</h2>
      <table class="comparison" role="table" aria-labelledby="comparison-heading">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              <span class="visually-hidden">${strings.comparisonProperty}</span>
            </th>
            <th scope="col" role="columnheader">${strings.engine}</th>
            <th scope="col" role="columnheader">${strings.machine}</th>
            <th scope="col" role="columnheader">
              <span class="visually-hidden">${strings.comparisonResult}</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${report.rows.map(comparisonRow)}
        </tbody>
      </table>
      ${
        report.fit
          ? html`<p class="fit" data-fit=${report.fit.state}>
              <span class="fit-label quiet-text">${strings.gpuMemory}</span>
              <bdi>${report.fit.sentence}</bdi>
            </p>`
          : nothing
      }
    </section>
  `;
}

function comparisonRow(row: ComparisonRow): TemplateResult {
  return html`
    <tr role="row" data-row=${row.id} class="row-${row.state}">
      <th scope="row" role="rowheader">${row.label}</th>
      <td role="cell" data-label=${strings.engine}>
        <bdi class="clamped" title=${row.engine}>${row.engine || strings.nothing}</bdi>
      </td>
      <td role="cell" data-label=${strings.machine}>
        <bdi class="clamped" title=${row.machine}>${row.machine || strings.nothing}</bdi>
      </td>
      <td role="cell" class="note">
        <span class="note-line">
          ${rowStateIcon(row.state)}
          <span
            ><span class="visually-hidden">${strings.rowState[row.state]}</span>
            <bdi>${row.note}</bdi></span
          >
        </span>
      </td>
    </tr>
  `;
}
