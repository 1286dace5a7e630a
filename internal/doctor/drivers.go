package doctor

import (
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// driverLibraries are those that the host's driver brings into a container when it
// runs: the NVIDIA container toolkit's list (libnvidia-container, nvc_info.c), and
// those of other makers' devices.
var driverLibraries = lazyregexp.New(`^lib(cuda|cudadebugger|nvcuvid|nvoptix|nvcucompat|nvdc|nvimp|cudla|tpu|cdsprpc|nvscibuf|nvscisync|nvbufsurface|nvbufsurftransform|nvdla_compiler|nvdla_runtime|cdi|davinci|ascend_hal|drvdsmi_host)\.so(\.[0-9.]+)?$|^lib(nvidia|GLX_nvidia|EGL_nvidia|GLESv1_CM_nvidia|GLESv2_nvidia|vdpau_nvidia|nvrm|tegra)[-_.a-z0-9A-Z]*\.so(\.[0-9.]+)?$`)

// foreign are libraries that wheels of the named projects bring: a file that needs
// one and whose owner doesn't require the project is a plugin for whoever has it.
var foreign = []struct{ prefix, project string }{
	{"libtorch", "torch"},
	{"libc10", "torch"},
	{"libcaffe2", "torch"},
	{"libshm.", "torch"},
	{"libtensorflow", "tensorflow"},
	{"libarrow", "pyarrow"},
	{"libparquet", "pyarrow"},
	{"libonnxruntime", "onnxruntime"},
	{"libmxnet", "mxnet"},
	{"libjax", "jaxlib"},
	{"libcudart.", "nvidia-cuda-runtime"},
	{"libcublas", "nvidia-cublas"},
	{"libcudnn", "nvidia-cudnn"},
	{"libcufft", "nvidia-cufft"},
	{"libcurand.", "nvidia-curand"},
	{"libcusolver", "nvidia-cusolver"},
	{"libcusparse", "nvidia-cusparse"},
	{"libnccl.", "nvidia-nccl"},
	{"libnvrtc", "nvidia-cuda-nvrtc"},
	{"libnvJitLink.", "nvidia-nvjitlink"},
	{"libnvToolsExt.", "nvidia-nvtx"},
	{"libcupti.", "nvidia-cuda-cupti"},
	{"libcufile", "nvidia-cufile"},
	{"libnvshmem", "nvidia-nvshmem"},
	{"libnvinfer", "tensorrt"},
	{"libnvonnxparser", "tensorrt"},
	{"libnpp", "nvidia-npp"},
	{"libamdhip64.", "ROCm"},
	{"libhipblas", "ROCm"},
	{"librocblas", "ROCm"},
	{"libMIOpen.", "ROCm"},
	{"libhsa-runtime", "ROCm"},
	{"librccl.", "ROCm"},
	{"libsycl.", "intel-sycl-rt"},
	{"libze_loader.", "level-zero"},
	{"libmkl_", "mkl"},
	{"libiomp5.", "intel-openmp"},
	{"libOpenCL.", "OpenCL"},
	{"libjvm.", "Java"},
	{"libR.", "R"},
	{"libmpi.", "MPI"},
	{"libmpi_", "MPI"},
	{"libclntsh.", "Oracle's client"},
	{"libdb2.", "Db2's client"},
	{"libpython", "Python"},
}

// foreignProject returns who would bring a library, "" for none that is known.
func foreignProject(library string) string {
	for _, f := range foreign {
		if strings.HasPrefix(library, f.prefix) {
			return f.project
		}
	}
	return ""
}

// pluginDirs are directories, beside those that begin with these names, whose
// files are loaded one by one if they can be.
var pluginDirs = lazyregexp.New(`(^|/)(plugins?|sqldrivers|platformthemes|backends?|drivers|extras?|contrib)(/|$)`)

// testDirs hold what only tests load.
var testDirs = lazyregexp.New(`(^|/)(tests?|testing|_tests?)(/|$)`)

func isPlugin(p string) bool { return pluginDirs.MatchString(path.Dir(p)) }
func isTest(p string) bool   { return testDirs.MatchString(path.Dir(p)) }
