/** The inputs: one block for each, with its sizes and where its values come from. Files can be dropped on it. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { InspectionFacts, TensorFacts } from '../../../core/inspect/inspection';
import { plainText } from '../../../core/text/plainText';
import type { ImageLayout } from '../../../core/run/runReport';
import { fieldError, type RunContext } from './context';
import {
  dimensionTexts,
  fieldIds,
  type FormReading,
  type InputDraft,
  inputOf,
  type SourceKind,
  withInput,
} from './form';
import { strings } from './strings';
import { textField } from './textField';

/** More is for the file dialog, which gives a path and not the bytes. */
const mostDropped = 512 * 2 ** 20;

export function inputsForm(
  context: RunContext,
  { tensors, profileCount }: InspectionFacts,
  reading: FormReading,
): TemplateResult {
  const inputs = tensors.filter(({ mode }) => mode === 'input');
  return html`
    <section class="run-part" aria-labelledby="run-inputs">
      <h2 id="run-inputs">${strings.inputs}</h2>
      ${profileChoice(context, profileCount, reading)}
      ${
        inputs.length === 0
          ? html`<p class="quiet-text">${strings.noInputs}</p>`
          : html`${inputs.map((tensor, i) => inputBlock(context, tensor, i, reading))}
              <p class="run-drop">${strings.orDrop}</p>`
      }
    </section>
  `;
}

function profileChoice(
  { form, set }: RunContext,
  count: number,
  { choices, errors }: FormReading,
): TemplateResult | typeof nothing {
  if (count < 2) return nothing;
  return html`<div class="run-profile">
    <label for=${fieldIds.profile}>${strings.profile}</label>
    <select
      class="field-select"
      id=${fieldIds.profile}
      .value=${live(String(choices.profile))}
      @change=${(event: Event) => set({ ...form, profile: Number((event.target as HTMLSelectElement).value) })}
    >
      ${Array.from(
        { length: count },
        (_, i) =>
          html`<option value=${i} ?selected=${i === choices.profile}>
            ${strings.profileName(i)}
          </option>`,
      )}
    </select>
    ${fieldError(fieldIds.profile, errors)}
  </div>`;
}

function inputBlock(
  context: RunContext,
  tensor: TensorFacts,
  index: number,
  reading: FormReading,
): TemplateResult {
  const { form, state, actions } = context;
  const draft = inputOf(form, tensor.name);
  const name = plainText(tensor.name, 300);
  const change = (next: Partial<InputDraft>) =>
    actions.setRunForm(withInput(form, tensor.name, next));
  const picked = state.pickedInputs.get(tensor.name);
  const dropSentence = dropProblems.get(tensor.name);
  const { onDragOver, onDragLeave, onDrop } = dropOf(context, tensor.name);
  return html`
    <div
      class="run-input"
      role="group"
      aria-labelledby="run-input-${index}"
      data-input=${tensor.name}
      data-drop-here=${strings.dropHere}
      @dragover=${onDragOver}
      @dragleave=${onDragLeave}
      @drop=${onDrop}
    >
      <p class="run-input-head">
        <bdi class="run-input-name" id="run-input-${index}" title=${name}>${name}</bdi>
        <span class="quiet-text">${tensor.type}</span>
      </p>
      ${shapeLine(tensor, index, draft, name, change, reading)}
      <div class="run-source">
        <select
          class="field-select"
          id=${fieldIds.source(index)}
          aria-label=${strings.sourceOf(name)}
          aria-invalid=${reading.errors.has(fieldIds.source(index)) ? 'true' : 'false'}
          .value=${live(draft.source)}
          @change=${(event: Event) => {
            const select = event.target as HTMLSelectElement;
            const source = select.value as SourceKind;
            actions.forgetPickedInput(tensor.name);
            dropProblems.delete(tensor.name);
            if (source === 'file' && !draft.file) {
              select.value = draft.source;
              actions.send({ type: 'pickInput', name: tensor.name });
              return;
            }
            change({ source });
          }}
        >
          ${(Object.keys(strings.source) as SourceKind[]).map(
            (kind) =>
              html`<option value=${kind} ?selected=${kind === draft.source}>
                ${kind === 'file' && !draft.file ? strings.chooseFile : strings.source[kind]}
              </option>`,
          )}
        </select>
        ${sourceFields(index, draft, name, change, reading)}
        <button
          class="quiet run-choose"
          type="button"
          aria-label=${strings.chooseFileOf(name)}
          @click=${() => {
            dropProblems.delete(tensor.name);
            actions.send({ type: 'pickInput', name: tensor.name });
          }}
        >
          ${strings.chooseFile}
        </button>
      </div>
      ${fileLine(draft, change)}
      ${
        picked?.state === 'bad'
          ? html`<p class="field-error" role="alert">
              <bdi>${picked.failure.sentence} ${picked.failure.nextStep}</bdi>
            </p>`
          : nothing
      }
      ${dropSentence === undefined ? nothing : html`<p class="field-error" role="alert">${dropSentence}</p>`}
      ${[
        fieldIds.source(index),
        fieldIds.seed(index),
        fieldIds.from(index),
        fieldIds.to(index),
      ].map((id) => fieldError(id, reading.errors))}
    </div>
  `;
}

function shapeLine(
  tensor: TensorFacts,
  index: number,
  draft: InputDraft,
  name: string,
  change: (next: Partial<InputDraft>) => void,
  { choices, errors }: FormReading,
): TemplateResult {
  const texts = dimensionTexts(draft, tensor, choices.profile);
  const range = tensor.profiles[choices.profile] ?? null;
  const sizesOf = (d: number) =>
    range ? strings.sizesOf(String(range.min[d] ?? '?'), String(range.max[d] ?? '?')) : '';
  const dynamic = tensor.shape.flatMap((size, d) => (size < 0 ? [d] : []));
  const sizes = (all: number[]) => dynamic.map((d) => all[d] ?? '?').join('×');
  const whole = range ? strings.sizesOf(sizes(range.min), sizes(range.max)) : '';
  return html`
    <p class="run-shape">
      ${
        tensor.shape.length === 0
          ? html`<span class="quiet-text">scalar</span>`
          : tensor.shape.map(
              (size, d) =>
                html`${d === 0 ? nothing : html`<span class="times">×</span>`}${
                  size >= 0
                    ? html`<span>${size}</span>`
                    : textField({
                        id: fieldIds.dimension(index, d),
                        label: strings.dimensionName(name, d),
                        value: texts[d] ?? '',
                        size: Math.max(4, (texts[d] ?? '').length),
                        title: sizesOf(d),
                        errors,
                        onInput: (value) => {
                          const dimensions = tensor.shape.map(
                            (_, i) => draft.dimensions[i] ?? null,
                          );
                          dimensions[d] = value;
                          change({ dimensions });
                        },
                      })
                }`,
            )
      }
      ${
        dynamic.length > 0 && whole !== ''
          ? html`<span class="quiet-text run-range">${whole}</span>`
          : nothing
      }
    </p>
    ${dynamic.map((d) => fieldError(fieldIds.dimension(index, d), errors))}
    ${tensor.shapeTensor ? html`<p class="quiet-text">${strings.shapeTensor}</p>` : nothing}
  `;
}

function sourceFields(
  index: number,
  draft: InputDraft,
  name: string,
  change: (next: Partial<InputDraft>) => void,
  { errors }: FormReading,
): TemplateResult | typeof nothing {
  const seed = () =>
    html`<label class="quiet-text" for=${fieldIds.seed(index)}>${strings.seed}</label> ${textField({
        id: fieldIds.seed(index),
        label: strings.seedOf(name),
        value: draft.seed,
        size: 4,
        errors,
        onInput: (value) => change({ seed: value }),
      })}`;
  switch (draft.source) {
    case 'random':
      return seed();
    case 'range':
      return html`<label class="quiet-text" for=${fieldIds.from(index)}>${strings.from}</label>
        ${textField({
          id: fieldIds.from(index),
          label: strings.fromOf(name),
          value: draft.from,
          size: 5,
          decimal: true,
          errors,
          onInput: (value) => change({ from: value }),
        })} <label class="quiet-text" for=${fieldIds.to(index)}>${strings.to}</label> ${textField({
          id: fieldIds.to(index),
          label: strings.toOf(name),
          value: draft.to,
          size: 5,
          decimal: true,
          errors,
          onInput: (value) => change({ to: value }),
        })}
        ${seed()}`;
    case 'zeros':
    case 'ones':
    case 'file':
      return nothing;
  }
}

// ---- a file -------------------------------------------------------------------------------------------------------

type ScaleName = 'unit' | 'signed' | 'bytes' | 'imagenet';

/** Of 0…255, for red, green and blue; ImageNet: (value / 255 - mean) / deviation. */
const scales: Record<ScaleName, { scale: number[]; offset: number[] }> = {
  unit: { scale: [1 / 255, 1 / 255, 1 / 255], offset: [0, 0, 0] },
  signed: { scale: [2 / 255, 2 / 255, 2 / 255], offset: [-1, -1, -1] },
  bytes: { scale: [1, 1, 1], offset: [0, 0, 0] },
  imagenet: {
    scale: [0.229, 0.224, 0.225].map((deviation) => 1 / (255 * deviation)),
    offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
  },
};

/** In the order of the colours; grey takes the middle one. */
function scaleFor(name: ScaleName, colors: ImageLayout['colors']) {
  const inOrder = ([red = 0, green = 0, blue = 0]: number[]) =>
    colors === 'gray' ? [green] : colors === 'bgr' ? [blue, green, red] : [red, green, blue];
  return { scale: inOrder(scales[name].scale), offset: inOrder(scales[name].offset) };
}

/** Which of the named ones it is; null: another. */
function scaleOf(image: ImageLayout): ScaleName | null {
  const close = (wanted: number[], given: number[]) =>
    wanted.every((value, i) => Math.abs(value - (given[i] ?? given[0] ?? NaN)) < 1e-6);
  const names = Object.keys(scales) as ScaleName[];
  return (
    names.find((name) => {
      const { scale, offset } = scaleFor(name, image.colors);
      return close(scale, image.scale) && close(offset, image.offset);
    }) ?? null
  );
}

function fileLine(
  draft: InputDraft,
  change: (next: Partial<InputDraft>) => void,
): TemplateResult | typeof nothing {
  const { file } = draft;
  if (draft.source !== 'file' || !file) return nothing;
  const { path, entry, image } = file.source;
  const shown = plainText(entry === undefined ? path : `${path} › ${entry}`, 2000);
  const setImage = (next: ImageLayout) =>
    change({ file: { ...file, source: { ...file.source, image: next } } });
  return html`
    <p class="run-file" title=${shown}><bdi>${shown.split(/[\\/]/).at(-1)}</bdi></p>
    ${file.sentence === '' ? nothing : html`<p class="quiet-text"><bdi>${file.sentence}</bdi></p>`}
    ${image ? imageFields(image, setImage) : nothing}
  `;
}

function imageFields(image: ImageLayout, set: (image: ImageLayout) => void): TemplateResult {
  const scaled = scaleOf(image);
  const choose = (
    label: string,
    value: string,
    names: Record<string, string>,
    onChange: (value: string) => void,
  ) =>
    html`<label class="run-image-field"
      ><span class="quiet-text">${label}</span>
      <select
        class="field-select"
        aria-label=${label}
        .value=${live(value)}
        @change=${(event: Event) => onChange((event.target as HTMLSelectElement).value)}
      >
        ${Object.entries(names).map(
          ([key, name]) => html`<option value=${key} ?selected=${key === value}>${name}</option>`,
        )}
      </select></label
    >`;
  const { own, ...known } = strings.scales;
  return html`<div class="run-image">
    ${choose(strings.imageLayout, image.layout, strings.layouts, (layout) =>
      set({ ...image, layout: layout as ImageLayout['layout'] }),
    )}
    ${choose(strings.imageColors, image.colors, strings.colors, (value) => {
      const colors = value as ImageLayout['colors'];
      set({ ...image, colors, ...scaleFor(scaled ?? 'unit', colors) });
    })}
    ${choose(strings.imageScale, scaled ?? 'own', scaled ? known : { ...known, own }, (key) => {
      if (key in scales) set({ ...image, ...scaleFor(key as ScaleName, image.colors) });
    })}
  </div>`;
}

// ---- dropping -----------------------------------------------------------------------------------------------------

/** By input; told until the next try. */
const dropProblems = new Map<string, string>();

function dropOf({ actions, form }: RunContext, name: string) {
  const row = (event: DragEvent) => event.currentTarget as HTMLElement;
  const problem = (sentence: string) => {
    dropProblems.set(name, sentence);
    actions.setRunForm(form);
  };
  return {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      row(event).classList.add('dropping');
    },
    onDragLeave: (event: DragEvent) => {
      const to = event.relatedTarget;
      if (!(to instanceof Node) || !row(event).contains(to))
        row(event).classList.remove('dropping');
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      row(event).classList.remove('dropping');
      dropProblems.delete(name);
      const file = event.dataTransfer?.files[0];
      if (!file) return problem(strings.nothingDropped);
      if (file.size > mostDropped) return problem(strings.tooLargeToDrop(file.size, mostDropped));
      void file.arrayBuffer().then(
        (buffer) => {
          const bytes = new Uint8Array(buffer);
          actions.send({ type: 'dropInput', name, fileName: file.name, bytes });
        },
        () => problem(strings.nothingDropped),
      );
    },
  };
}
