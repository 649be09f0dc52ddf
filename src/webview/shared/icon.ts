/** Codicons: always beside words, so hidden from screen readers. */
import { html, type TemplateResult } from 'lit';
import type { RowState, Severity } from '../../core/report/engineReport';

/** `name` is a codicon; `tone` one of the colour classes of enginePage.css. */
export function icon(name: string, tone = ''): TemplateResult {
  return html`<span class="codicon codicon-${name} ${tone}" aria-hidden="true"></span>`;
}

const bySeverity: Record<Severity, string> = {
  error: 'error',
  warning: 'warning',
  information: 'info',
  ok: 'pass',
};

export function severityIcon(severity: Severity): TemplateResult {
  return icon(bySeverity[severity], `tone-${severity}`);
}

const byRowState: Record<Exclude<RowState, 'none'>, [string, string]> = {
  good: ['pass', 'tone-ok'],
  bad: ['error', 'tone-error'],
  warning: ['warning', 'tone-warning'],
  unknown: ['question', 'tone-quiet'],
};

export function rowStateIcon(state: RowState): TemplateResult | null {
  if (state === 'none') return null;
  return icon(...byRowState[state]);
}
