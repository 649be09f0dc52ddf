/**
 * Whether the system lists an NVIDIA device, with a driver or without: only where one is there does "Install the NVIDIA
 * Driver" lead anywhere. Linux tells by files; Windows by its registry, through reg.exe, which every Windows has.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface DeviceLookOptions {
  platform?: NodeJS.Platform;
  /** /sys/bus/pci/devices */
  pciFolder?: string;
  /** Lists the registry's PCI devices by their ids; rejects where it cannot. */
  registry?: () => Promise<string>;
}

const nvidia = '0x10de';
/** Display controllers and, without a screen, processing accelerators. */
const gpuClass = /^0x(03|12)/;
const timeoutMs = 5000;

/** null: it could not be told. */
export async function findNvidiaDevice(options: DeviceLookOptions = {}): Promise<boolean | null> {
  const platform = options.platform ?? process.platform;
  try {
    if (platform === 'linux') return onPciBus(options.pciFolder ?? '/sys/bus/pci/devices');
    if (platform === 'win32') return /VEN_10DE/i.test(await (options.registry ?? readRegistry)());
  } catch {
    // Told as not known.
  }
  return null;
}

/**
 * Read at once: the kernel has these lines in memory and gives each in some microseconds, where a promise for each would hold up
 * every check by all of them in turn (30 ms for six devices).
 */
function onPciBus(folder: string): boolean | null {
  const devices = fs.readdirSync(folder);
  // A board without a PCI bus (Jetson), WSL and some containers list nothing here.
  if (devices.length === 0) return null;
  const read = (device: string, name: string): string => {
    try {
      // eslint-disable-next-line gates/read -- the system's own
      return fs.readFileSync(path.join(folder, device, name), 'utf8').trim();
    } catch {
      return '';
    }
  };
  const isGpu = (device: string) =>
    read(device, 'vendor') === nvidia && gpuClass.test(read(device, 'class'));
  if (devices.some(isGpu)) return true;
  // WSL reaches the GPU through Windows, Jetson boards have it on the chip.
  return hiddenFromPci.some((file) => fs.existsSync(file)) ? null : false;
}

const hiddenFromPci = ['/dev/dxg', '/dev/nvmap'];

async function readRegistry(): Promise<string> {
  // Loaded where it is needed: a check on Linux is measured.
  const { execFile } = await import('node:child_process');
  const folder = path.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32');
  return new Promise((resolve, reject) => {
    execFile(
      path.join(folder, 'reg.exe'),
      ['query', 'HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI'],
      { cwd: folder, timeout: timeoutMs, windowsHide: true, maxBuffer: 4 * 1024 * 1024 },
      (error, stdout) => (error ? reject(new Error(error.message)) : resolve(stdout)),
    );
  });
}
