/** What to do with a checkpoint of PyTorch, whose pickles are programs. */
export const AS_SAFETENSORS =
  'in Python, save it as safetensors: safetensors.torch.save_file(torch.load(path, weights_only=True), "model.safetensors")';
