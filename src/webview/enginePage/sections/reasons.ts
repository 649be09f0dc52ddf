/** Several reasons at once: each with its evidence and the library's own words. One alone is told by the summary. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, Reason } from '../../../core/report/engineReport';
import { disclosure } from '../disclosure';
import { severityIcon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

export function reasonsSection(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (report.reasons.length < 2) return nothing;
  return html`
    <section aria-labelledby="reasons-heading">
      <h2 id="reasons-heading">${strings.reasons}</h2>
      <ul class="reasons">
        ${report.reasons.map((reason) => reasonItem(state, report, reason, actions))}
      </ul>
    </section>
  `;
}

function reasonItem(
  state: PageState,
  report: EngineReport,
  reason: Reason,
  actions: PageActions,
): TemplateResult {
  const field = report.headerFields.find((candidate) => candidate.id === reason.headerField);
  return html`
    <li data-reason=${reason.id}>
      ${severityIcon(reason.severity)}
      <div>
        <p>
          <span class="visually-hidden">${strings.severity[reason.severity]}</span>
          <bdi>${reason.sentence}</bdi>
        </p>
        <p class="evidence">
          <span>${strings.evidence[reason.evidence]}</span>
          ${
            field
              ? html`<button class="link" type="button" @click=${() => actions.goToField(field.id)}>
                  ${strings.showInHeader(field.offset)}
                </button>`
              : nothing
          }
        </p>
        ${
          reason.enumName || reason.libraryLines.length > 0
            ? disclosure(
                state,
                actions,
                `reason-${reason.id}`,
                strings.details,
                html`${reason.enumName ? html`<span class="enum-names">${reason.enumName}</span>` : nothing}
                  <ul class="own-lines">
                    ${reason.libraryLines.map((line) => html`<li><bdi>${line}</bdi></li>`)}
                  </ul>`,
              )
            : nothing
        }
      </div>
    </li>
  `;
}
