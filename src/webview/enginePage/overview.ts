/** The Overview: everything the header and the runtime's answer tell. Later tabs stand beside it, under the verdict. */
import { html, type TemplateResult } from 'lit';
import type { EngineReport } from '../../core/report/engineReport';
import { underHeadline } from '../../core/report/underHeadline';
import { comparisonSection } from './sections/comparison';
import { fileSection } from './sections/file';
import { headerSection } from './sections/header';
import { logSection } from './sections/log';
import { reasonsList } from './sections/reasons';
import { runsOnSection } from './sections/runsOn';
import type { PageActions, PageState } from './state';

export function overview(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult {
  return html`
    ${
      // This machine is a row of the targets then, and no verdict has listed the reasons.
      report.lead === 'targets' && state.targets
        ? reasonsList(report, underHeadline(report).list, actions)
        : comparisonSection(report)
    }
    <div class="columns">
      <div>${runsOnSection(report, actions)} ${fileSection(state, report, actions)}</div>
      <div>${headerSection(state, report, actions)}</div>
    </div>
    ${logSection(state, report, actions)}
  `;
}
