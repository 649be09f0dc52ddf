/** What an EPContext model is, in words, and whose; the engines are read by the caller. */
import type { FileFacts, FileFactRow } from '../report/engineReport';
import { formatCount, joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { headerOfCompatibilityInfo, infoProblem } from './compatibilityInfo';
import type { ContainedEngine } from './containedEngines';
import { readEngineHeader } from './engineHeader';
import { type EpContextModel, isRtxProvider } from './epContext';

export function epContextFacts(
  facts: FileFacts,
  model: EpContextModel,
  engines: readonly ContainedEngine[],
): FileFacts {
  const isRtx = (engine: ContainedEngine) => engine.facts?.kind === 'tensorrt-rtx';
  const sources = [...new Set(model.nodes.map(({ source }) => source).filter(Boolean))];
  const ours = sources.some(isRtxProvider) || (sources.length === 0 && engines.some(isRtx));
  const lost = engines.find(({ facts: inside }) => inside === null)?.problem ?? '';
  const kept = ours ? engines : [];
  const primary = kept.find(isRtx)?.facts ?? null;
  const wrongInfo = infoProblem(model.compatibility, kept);
  const versions = [...new Set(kept.flatMap((one) => one.facts?.header?.version ?? []))];
  return {
    ...facts,
    kind: 'epcontext',
    kindSentence: ours
      ? `This is an EPContext model of ONNX Runtime: it holds what was compiled${versions.length > 0 ? ` by TensorRT-RTX ${joinWords(versions)}` : ''}, not an ONNX model to build from.`
      : sources.length > 0
        ? `This is an EPContext model of ONNX Runtime, compiled for ${plainText(joinWords(sources), 200)}: TensorRT-RTX has no part in it.`
        : `This is an EPContext model of ONNX Runtime that does not name its execution provider, and no engine of TensorRT-RTX was found in it or beside it.${lost === '' ? '' : ` ${lost}`}`,
    kindDetails: rows(model, facts.kindDetails),
    header: primary?.header ?? null,
    headerBytes: primary?.headerBytes ?? new Uint8Array(),
    engines: kept,
    originalModel: model.nodes.find((node) => node.model !== '')?.model ?? '',
    ...(ours && wrongInfo ? { wrongInfo } : {}),
  };
}

function rows(model: EpContextModel, before: readonly FileFactRow[]): FileFactRow[] {
  const unique = (pick: (node: EpContextModel['nodes'][number]) => string) =>
    joinWords([...new Set(model.nodes.map(pick).filter(Boolean))].slice(0, 4));
  const row = (label: string, value: string) => (value === '' ? [] : [{ label, value }]);
  const shared = model.nodes.filter(({ isMain }) => !isMain).length;
  const nodes = [
    `${formatCount(model.nodes.length)} compiled`,
    ...(shared > 0 ? [`${formatCount(shared)} of them share the engine of another`] : []),
    ...(model.otherNodes > 0 ? [`${formatCount(model.otherNodes)} run by others`] : []),
  ];
  return [
    ...row(
      'Compiled by',
      unique(({ source }) => source),
    ),
    ...row(
      'Compiled from',
      unique(({ model: from }) => from),
    ),
    ...row(
      "Provider's version",
      unique(({ sdkVersion }) => sdkVersion),
    ),
    ...row(
      'Hardware architecture',
      unique(({ hardware }) => hardware),
    ),
    ...row('Nodes', nodes.join(', ')),
    ...model.compatibility.slice(0, 8).map(({ provider, info }) => ({
      label: `Compatibility info (${provider})`,
      value: compatibilityText(info),
    })),
    ...(model.isWhole
      ? []
      : [
          {
            label: 'Model',
            value: 'cut short or malformed: only the part that could be read is shown',
          },
        ]),
    ...before.filter(({ label }) => label !== 'Producer' || model.producer !== ''),
  ];
}

function compatibilityText(info: string): string {
  const bytes = headerOfCompatibilityInfo(info);
  const header = bytes && readEngineHeader(bytes);
  return header
    ? `an engine header of TensorRT-RTX ${header.version}`
    : plainText(info, 120) || 'empty';
}
