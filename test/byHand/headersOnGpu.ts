/**
 * Hostile headers, a million of them, through the real library on a machine with a GPU: without one the library looks at
 * little more than the tag. Each answer is compared with the rule of core/report/verdictRule.
 *
 *   npx tsx test/byHand/headersOnGpu.ts LIBRARY HOST_MAIN [COUNT [SEED]]
 */
import { predictVerdict } from '../../src/core/report/verdictRule';
import { CheckRecords } from '../../src/host/check/checkRecords';
import { machineOf } from '../../src/host/check/machineFacts';
import { EngineHostSupervisor } from '../../src/host/engineHost/supervisor';
import { realHeaders } from '../support/engines';
import { randomNumbers } from '../support/random';

const stride = 64;
const atOnce = 10_000;
const real = realHeaders.map(({ header }) => Buffer.from(header, 'hex'));

/** From one changed byte to nothing left of a real header; half of them only where the library looks. */
function damage(header: Uint8Array, random: (below: number) => number): number {
  const looked = [24, 25, 26, 32, 33, 34, 35, 40, 41, 42, 48, 49, 50, 56, 57, 58, 59, 60, 61];
  const changes = random(8) === 0 ? stride : 1 + random(6);
  const everywhere = random(2) === 0;
  for (let n = 0; n < changes; n++) {
    const at = everywhere ? random(stride) : (looked[random(looked.length)] ?? 0);
    header[at] = random(256);
  }
  return random(32) === 0 ? random(stride + 1) : stride;
}

async function main([library, hostMain, count = '1000000', seed = '20261128']: string[]) {
  if (library === undefined || hostMain === undefined) throw new Error('LIBRARY HOST_MAIN');
  const supervisor = new EngineHostSupervisor({ hostMain, onLog: () => undefined });
  try {
    const loaded = await supervisor.load(library);
    const gpus = await supervisor.gpus();
    const machine = machineOf(gpus);
    const gpu = machine.gpu;
    if (gpu === null || gpus.cudaDriverVersion === null) throw new Error(`no GPU: ${gpus.message}`);
    const profile = {
      computeCapability: gpu.computeCapability,
      totalGpuMemory: gpu.totalMemory,
      driverVersion: gpus.cudaDriverVersion,
      tensorrtRtx: loaded.version,
      cudaRuntimeVersion: loaded.cudaRuntimeVersion ?? Number.MAX_SAFE_INTEGER,
    };
    console.log(JSON.stringify(profile));
    const random = randomNumbers(Number(seed));
    const answers = new Map<string, number>();
    let disagree = 0;
    for (let done = 0; done < Number(count); done += atOnce) {
      const some = Math.min(atOnce, Number(count) - done);
      const headers = new Uint8Array(some * stride);
      const lengths: number[] = [];
      for (let i = 0; i < some; i++) {
        const header = headers.subarray(i * stride, (i + 1) * stride);
        header.set(real[random(real.length)] ?? []);
        lengths.push(damage(header, random));
      }
      const records = new CheckRecords(
        await supervisor.checkHeaders(library, headers, stride, lengths),
      );
      for (let i = 0; i < some; i++) {
        const header = headers.subarray(i * stride, i * stride + (lengths[i] ?? 0));
        const answer = `${records.validity(i)} ${records.diagnostics(i)}`;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        const rule = predictVerdict(header, profile);
        if (answer === `${rule.validity} ${rule.diagnostics}`) continue;
        if (++disagree > 20) continue;
        const hex = Buffer.from(header).toString('hex');
        console.log(`${hex}: ${answer}, by the rule ${rule.validity} ${rule.diagnostics}`);
      }
    }
    console.log(`${count} headers, ${disagree} answers other than by the rule; validity, bits:`);
    for (const [answer, times] of [...answers].sort()) console.log(`  ${answer}: ${times}`);
    if (disagree > 0) process.exitCode = 1;
  } finally {
    await supervisor.dispose();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
