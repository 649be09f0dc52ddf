/** How it is run: times, warm-up, and the rest behind a disclosure. */
import { html, type TemplateResult } from 'lit';
import { type RunSwitch, switchesOf } from '../../../core/run/runReport';
import { disclosure } from '../disclosure';
import { fieldError, type RunContext } from './context';
import { fieldIds, type FormReading } from './form';
import { strings } from './strings';
import { textField } from './textField';

export function settingsForm(
  context: RunContext,
  { errors }: FormReading,
  streaming: boolean,
): TemplateResult {
  const { form, set, state, actions } = context;
  const number = (
    key: 'iterations' | 'warmUp' | 'seconds' | 'streams' | 'profiledIterations',
    label: string,
    size: number,
  ) =>
    textField({
      id: fieldIds[key],
      label,
      value: form[key],
      size,
      decimal: key === 'seconds',
      errors,
      onInput: (value) => set({ [key]: value }),
    });
  const row = (
    key: 'seconds' | 'streams' | 'profiledIterations',
    label: string,
    size: number,
    hint = '',
  ) => html`
    <div class="setting">
      <label for=${fieldIds[key]}
        >${label}${hint === '' ? '' : html` <span class="quiet-text">${hint}</span>`}</label
      >
      ${number(key, label, size)}
    </div>
    ${fieldError(fieldIds[key], errors)}
  `;
  const check = (key: RunSwitch | 'runtimeCache', label: string) =>
    html`<label class="check"
      ><input
        type="checkbox"
        data-setting=${key}
        .checked=${form[key]}
        @change=${(event: Event) => set({ [key]: (event.target as HTMLInputElement).checked })}
      />
      <span>${label}</span></label
    >`;
  const label = (name: RunSwitch) =>
    name === 'cudaGraph' && streaming ? strings.cudaGraphStreaming : strings.switches[name];
  // A wrong value is never hidden: its disclosure stays open until it is mended.
  const hidden = [fieldIds.seconds, fieldIds.streams, fieldIds.profiledIterations].some((id) =>
    errors.has(id),
  );
  const keepOpen = (event: Event) => {
    const details = event.target;
    if (hidden && details instanceof HTMLDetailsElement) details.open = true;
  };
  return html`
    <section class="run-part" aria-labelledby="run-settings">
      <h2 id="run-settings">${strings.settings}</h2>
      <p class="run-times">
        ${number('iterations', strings.timesName, 5)}
        <label for=${fieldIds.iterations}>${strings.times}</label>
        ${number('warmUp', strings.warmUpName, 4)}
        <label for=${fieldIds.warmUp}>${strings.warmUp}</label>
      </p>
      ${fieldError(fieldIds.iterations, errors)} ${fieldError(fieldIds.warmUp, errors)}
      <div @toggle=${{ handleEvent: keepOpen, capture: true }}>
        ${disclosure(
          { ...state, open: hidden ? new Set([...state.open, 'run-more']) : state.open },
          actions,
          'run-more',
          strings.more,
          html`<div class="more-settings">
            ${row('seconds', strings.seconds, 4)} ${row('streams', strings.streams, 4)}
            ${row('profiledIterations', strings.profiled, 4, strings.profiledHint)}
            ${Object.values(switchesOf((name) => check(name, label(name))))}
            ${check('runtimeCache', strings.runtimeCache)}
          </div>`,
        )}
      </div>
    </section>
  `;
}
