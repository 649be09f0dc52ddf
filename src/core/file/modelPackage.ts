/**
 * Model packages of ONNX Runtime (`*.ortpackage`, as Olive writes them): variants of a model, each compiled for some
 * execution provider. metadata.json of a component, or manifest.json of the package, says of each variant
 *
 *   "model_variants": { NAME: { "file": …, "constraints": { "ep": …, "device": …, "ep_compatibility_info": … } } }
 *
 * For NvTensorRTRTX the compatibility info is an engine's first 64 bytes as 128 hexadecimal digits. The format is young and
 * its keys move: `constraints` and `ep_compatibility_info` are taken wherever they stand.
 *
 * Pure: the caller reads the files (src/host/check/modelPackageFile.ts), parsed with a bounded depth (parseJson).
 */
import type { FileFacts, FileFactRow } from '../report/engineReport';
import { formatCount, joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { factsOfInfo, headerOfCompatibilityInfo, whyNoInfo } from './compatibilityInfo';
import type { ContainedEngine } from './containedEngines';
import { readEngineHeader } from './engineHeader';
import { isRtxProvider } from './epContext';

export interface PackageVariant {
  /** "COMPONENT/VARIANT", printable. */
  name: string;
  /** Execution provider, printable; empty: it names none. */
  provider: string;
  /** As it is written; null: there is none. */
  info: unknown;
}

export interface PackageDocument {
  /** The folder that it lies in; empty: the package's own. */
  component: string;
  value: unknown;
}

/** More variants than any package has, and an end for a hostile one. */
const mostVariants = 256;
const keysOfFormat = new Set(['component_models', 'model_variants', 'variants', 'constraints']);
const infoKey = 'ep_compatibility_info';

/** Of several documents the first one that tells of a variant counts. */
export function readPackageVariants(documents: readonly PackageDocument[]): {
  variants: PackageVariant[];
  /** There were more than are looked at. */
  more: boolean;
} {
  const variants: PackageVariant[] = [];
  for (const { component, value } of documents) {
    const known = new Set(variants.map(({ name }) => name));
    const found: PackageVariant[] = [];
    walk(value, component === '' ? [] : [component], false, found);
    variants.push(...found.filter(({ name }) => !known.has(name)));
    if (variants.length > mostVariants) break;
  }
  return { variants: variants.slice(0, mostVariants), more: variants.length > mostVariants };
}

function walk(
  value: unknown,
  names: readonly string[],
  isConstraint: boolean,
  found: PackageVariant[],
): void {
  if (typeof value !== 'object' || value === null || found.length > mostVariants) return;
  if (Array.isArray(value)) {
    value.forEach((one: unknown, index) => {
      const own = nameIn(one) === '' ? textOf(one, 'name') || String(index + 1) : null;
      walk(one, isConstraint || own === null ? names : [...names, own], isConstraint, found);
    });
    return;
  }
  const own = nameIn(value);
  const here = own === '' ? names : [...names, own];
  const entries = Object.entries(value);
  const infos = entries.filter(([key]) => key === infoKey || key.startsWith(`${infoKey}.`));
  if (isConstraint || infos.length > 0) {
    const name = plainText(here.join('/'), 200) || 'model';
    const ep = plainText(textOf(value, 'ep'), 100);
    if (infos.length === 0) found.push({ name, provider: ep, info: null });
    for (const [key, info] of infos) {
      const suffix = plainText(key.slice(infoKey.length + 1), 100);
      found.push({ name, provider: suffix || ep, info: info === '' ? null : info });
    }
    return;
  }
  for (const [key, one] of entries) {
    walk(one, keysOfFormat.has(key) ? here : [...here, key], key === 'constraints', found);
  }
}

/** A variant of a list has no key to be called by. */
function nameIn(value: unknown): string {
  return textOf(value, 'variant_name');
}

function textOf(value: unknown, key: string): string {
  const found: unknown =
    typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : '';
  return typeof found === 'string' ? found : '';
}

/** size, modified: of the archive; null: a folder. */
export function modelPackageFacts(
  file: string,
  { size, modified }: Pick<FileFacts, 'size' | 'modified'>,
  { variants, more }: ReturnType<typeof readPackageVariants>,
): FileFacts {
  const engines = variants.map(variantEngine);
  const versions = [...new Set(engines.flatMap(({ facts }) => facts?.header?.version ?? []))];
  const ours = variants.filter(
    ({ provider }, index) => isRtxProvider(provider) || Boolean(engines[index]?.facts),
  ).length;
  const providers = [...new Set(variants.map(({ provider }) => provider).filter(Boolean))];
  const count = `${formatCount(variants.length)} ${variants.length === 1 ? 'variant' : 'variants'}`;
  const kindDetails: FileFactRow[] = [
    { label: 'Variants', value: more ? `more than ${count}: only these are looked at` : count },
    ...(providers.length > 0
      ? [{ label: 'Execution providers', value: joinWords(providers.slice(0, 8)) }]
      : []),
  ];
  const whose =
    ours === 0
      ? `. None of them is for TensorRT-RTX${providers.length > 0 ? `: they are for ${joinWords(providers.slice(0, 8))}` : ''}.`
      : `, ${formatCount(ours)} of them for TensorRT-RTX${versions.length > 0 ? ` ${joinWords(versions)}` : ''}. ONNX Runtime chooses one that fits the machine.`;
  return {
    file: plainText(file),
    kind: 'model-package',
    kindSentence: `This is a model package of ONNX Runtime with ${count}${whose}`,
    kindDetails,
    damage: null,
    ofOthers: false,
    engines,
    originalModel: '',
    size,
    modified,
    headerBytes: new Uint8Array(),
    header: null,
  };
}

function variantEngine({ name, provider, info }: PackageVariant): ContainedEngine {
  const leftAlone = (problem: string): ContainedEngine => ({
    name,
    offset: null,
    facts: null,
    problem,
  });
  const bytes = typeof info === 'string' ? headerOfCompatibilityInfo(info) : null;
  const isOurs =
    provider === '' ? bytes !== null && readEngineHeader(bytes) !== null : isRtxProvider(provider);
  if (!isOurs) {
    return leftAlone(
      provider === ''
        ? 'It names no execution provider: not an engine of TensorRT-RTX.'
        : `It is for ${provider}: TensorRT-RTX has no part in it.`,
    );
  }
  if (info === null) {
    return leftAlone(
      `It is for ${provider} and gives no ${infoKey}: check its model (*_ctx.onnx) by itself.`,
    );
  }
  if (bytes === null) {
    const why = typeof info === 'string' ? whyNoInfo(info) : 'it is not text';
    const sentence = `Its ${infoKey} is not 128 hexadecimal digits, an engine's first 64 bytes: ${why}.`;
    return { ...leftAlone(sentence), isWrong: true };
  }
  return { ...leftAlone(''), facts: factsOfInfo(name, bytes) };
}
