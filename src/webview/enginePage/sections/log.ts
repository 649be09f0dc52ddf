/** What the library itself wrote while it was asked, word for word. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport } from '../../../core/report/engineReport';
import { disclosure } from '../disclosure';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

export function logSection(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  const lines = report.libraryLines;
  if (lines.length === 0) return nothing;
  return html`
    <section class="log">
      ${disclosure(
        state,
        actions,
        'log',
        strings.log(lines.length),
        html`<ul class="own-lines">
          ${lines.map(
            (line) => html`
              <li>
                <span class="line-severity"
                  >${strings.logSeverity[line.severity] ?? strings.logSeverityUnknown}</span
                >
                <bdi>${line.text}</bdi>
              </li>
            `,
          )}
        </ul>`,
      )}
    </section>
  `;
}
