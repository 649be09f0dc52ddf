/**
 * What set-up fetches from elsewhere, and the SHA-256 sums it must have. Supporting a new TensorRT-RTX version is one
 * entry in `runtimes` with its requirements file, one in `headers`, and one line in native-shim/CMakeLists.txt.
 * The sums of the wheels stand in requirements/*.txt, where pip itself checks them.
 */

/** TensorRT-RTX libraries by four-part version; the sums are those of the unpacked files of the Linux x86-64 wheel. */
export const runtimes = {
  '1.4.0.76': {
    megabytes: 86,
    files: {
      'tensorrt_rtx_libs/libtensorrt_rtx.so.1':
        '92662352d64967f54f4d12c99b98db247fbceb72bcc27483baa1abceea3e263d',
      'tensorrt_rtx_libs/libtensorrt_onnxparser_rtx.so.1':
        '51c35ecc40e1240ae0cbe855df7ef2dedfd9a65299c0a39b09f5b5ca573fbbc0',
    },
  },
  '1.5.0.114': {
    megabytes: 89,
    files: {
      'tensorrt_rtx_libs/libtensorrt_rtx.so.1':
        '58d6306ad09ed421076e7a42a3373e935199e7405b806fd3b53456206cfc5b23',
      'tensorrt_rtx_libs/libtensorrt_onnxparser_rtx.so.1':
        '92a355a855559169219b6a43c0e1a5d960bac6b9f411d829b00cfde82b5ec33b',
    },
  },
  '1.6.1.120': {
    megabytes: 92,
    files: {
      'tensorrt_rtx_libs/libtensorrt_rtx.so.1':
        '720bb8fc5888c587001d6fad58b46d4ccac9b346629fab1c262c611d57950d8b',
      'tensorrt_rtx_libs/libtensorrt_onnxparser_rtx.so.1':
        '87a5e5c61cbf1b478e19c0d40025581b5a78b11a40eb43a0cfcd6c4735e468ca',
    },
  },
  '1.7.1.116': {
    megabytes: 95,
    files: {
      'tensorrt_rtx_libs/libtensorrt_rtx.so.1':
        'a74fa3974f1892b65a53b06a14ffcb15758ac51c12135ada84490f53f67e1051',
      'tensorrt_rtx_libs/libtensorrt_onnxparser_rtx.so.1':
        '27be1f67ef28683b54390b6cbc7ec3efc75b39c8ebc4c683cb8603bcfd0b8896',
    },
  },
};

/** The version that the demo, the bench and the command line of the repository use. */
export const currentRuntime = '1.7.1.116';

/** The crate that carries NVIDIA's public headers, and the digest (see `digestOfFolder`) of each folder of it. */
export const headersCrate = {
  name: 'trtx-sys',
  version: '0.9.1+rtx1.7',
  sha256: '5480ee056292951daa1bc74532162d6cb75190f091e45d7d97c0c356916ae171',
};
export const headers = {
  1.4: '62ff6063d6a9801a0b809406d265a7159e39c66188aa5343ded4d27bda3e06e0',
  1.5: '3e253dbc10064654ea48fcbb86a5ef1509803edfb79a64a0571f86a501fcf630',
  1.6: '78c5cfdc0893f7a94bb009d2a749226f2098a3584e5806efdd08ed490cd5b2dd',
  1.7: '84123fefa5135d22a2ad0d2bc80457e4af71b4d4ca5e71635dd05dc62870c919',
};
