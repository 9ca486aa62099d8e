/** The weights of resnet-mini: a safetensors file (float16, torchvision's names), which scripts/resnet-mini/train.py writes. */
export declare const base64: string;
