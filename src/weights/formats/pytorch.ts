/** What to do with a PyTorch checkpoint: reading a pickle can run code. */
export const AS_SAFETENSORS =
  'in Python, save it as safetensors: safetensors.torch.save_file(torch.load(path, weights_only=True), "model.safetensors")';
