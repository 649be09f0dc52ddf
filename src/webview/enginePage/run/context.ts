/** What every part of the Run tab is given, and the sentence below a field that is wrong. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PageActions, PageState } from '../state';
import type { RunForm } from './form';

export interface RunContext {
  state: PageState;
  actions: PageActions;
  form: RunForm;
  /** Changes the form, renders again and keeps it. */
  set: (change: Partial<RunForm>) => void;
}

/** Right below the field, which names it by aria-describedby. */
export function fieldError(
  id: string,
  errors: ReadonlyMap<string, string>,
): TemplateResult | typeof nothing {
  const sentence = errors.get(id);
  if (sentence === undefined) return nothing;
  return html`<p class="field-error" id="${id}-error"><bdi>${sentence}</bdi></p>`;
}
