/** Several reasons at once, each with its evidence: in the verdict, or below it where targets lead. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, Reason } from '../../../core/report/engineReport';
import { severityIcon } from '../../shared/icon';
import type { PageActions } from '../state';
import { strings } from '../strings';

export function reasonsList(
  report: EngineReport,
  reasons: readonly Reason[],
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (reasons.length === 0) return nothing;
  return html`<ul class="reasons" aria-label=${strings.reasons}>
    ${reasons.map((reason) => reasonItem(report, reason, actions))}
  </ul>`;
}

function reasonItem(report: EngineReport, reason: Reason, actions: PageActions): TemplateResult {
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
          ${
            // The link says so.
            reason.evidence === 'header' && field
              ? nothing
              : html`<span>${strings.evidence[reason.evidence]}</span>`
          }
          ${
            field
              ? html`<button class="link" type="button" @click=${() => actions.goToField(field.id)}>
                  ${strings.showInHeader(field.offset)}
                </button>`
              : nothing
          }
        </p>
      </div>
    </li>
  `;
}
