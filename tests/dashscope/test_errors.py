"""Each word of the service's error table finds its owner."""

import pickle

import pytest

from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    PersonError,
    ServiceError,
    UnknownError,
    UnreachableMedia,
)
from bot.dashscope.fault_table import error_of
from bot.dashscope.refusals import error_of_task
from bot.dashscope.types import Task

ROWS: list[tuple[int | None, str | None, str, type[DashscopeError], str | None]] = [
    (401, "InvalidApiKey", "Invalid API-key provided.", AccountError, "key"),
    (403, "AccessDenied", "Access denied.", AccountError, "access"),
    (403, "AccessDenied.Unpurchased", "Not activated.", AccountError, "unpurchased"),
    (403, "access_denied", "The model emo-v1 has been taken offline.", AccountError, "retired"),
    (403, "access_denied", "", AccountError, "retired"),
    (400, "InvalidParameter", "The model `emo-v1` has been deprecated.", AccountError, "retired"),
    (404, "InvalidParameter", "Model not exist.", AccountError, "unknown"),
    (400, "InvalidParameter", "Model not exist.", AccountError, "unknown"),
    (404, "model_not_found", "The model wan2.2-s2v does not exist.", AccountError, "unknown"),
    (503, "model_not_found", "No available channel for model emo-v1.", AccountError, "unknown"),
    (503, None, "No available channel for model emo-v1 under group default", AccountError, "unknown"),
    (404, "InvalidParameter", "模型 emo-v1 不存在", AccountError, "unknown"),
    (429, "insufficient_quota", "You exceeded your current quota.", AccountError, "quota"),
    (429, None, "You exceeded your current quota, please check your plan.", AccountError, "quota"),
    (403, "insufficient_user_quota", "The balance does not suffice.", AccountError, "arrears"),
    (403, None, "Insufficient balance.", AccountError, "arrears"),
    (400, "InvalidFile.NoHuman", "The model could say: not found.", PersonError, "InvalidFile.NoHuman"),
    (None, "ModelServingError", "Model not exist.", ServiceError, None),
    (403, "Model.AccessDenied", "Model access denied.", AccountError, "access"),
    (403, "AllocationQuota.FreeTierOnly", "Exhausted.", AccountError, "quota"),
    (400, "Arrearage", "Access denied, good standing.", AccountError, "arrears"),
    (404, "ModelNotFound", "Model can not be found: emo-v1.", AccountError, "unknown"),
    (404, None, "", AccountError, "address"),
    (403, None, "", AccountError, "access"),
    (400, "DataInspectionFailed", "Inappropriate content.", PersonError, "content_refused"),
    (None, "DataInspectionFailed", "Inappropriate content.", PersonError, "content_refused"),
    (None, "InvalidParameter", "The audio is longer than 60s.", PersonError, "audio_too_long"),
    (None, "InvalidURL", "The audio duration exceeds more than 60 seconds", PersonError, "audio_too_long"),
    (None, "InvalidParameter", "The audio file is larger than 15 MB.", PersonError, "audio_too_large"),
    (400, "InvalidParameter", "The image file is larger than 10 MB.", PersonError, "image_too_large"),
    (None, "InvalidURL", "File type is not supported. Allowed types are: .wav, .mp3.", PersonError, "audio_type"),
    (None, "InvalidFile.Resolution", "", PersonError, "InvalidFile.Resolution"),
    (None, "InvalidFile.NoHuman", "", PersonError, "InvalidFile.NoHuman"),
    (None, "InvalidFile.BrandNew", "", PersonError, "portrait"),
    (None, "InvalidFile.AudioLengthError", "The audio length must be less than 20s.", PersonError, "audio_too_long"),
    (None, "InvalidFile.AudioLengthError", "The audio is too short.", PersonError, "audio_too_short"),
    (None, "InvalidFile.DownloadFailed", "", UnreachableMedia, None),
    (None, "BadRequest.InputDownloadFailed", "Failed to download.", UnreachableMedia, None),
    (None, "InvalidFile.Openerror", "Invalid file, cannot open file as image or audio.", PersonError, "file_type"),
    (None, "InvalidImageFormat", "", PersonError, "image_type"),
    (None, "InvalidImage.ImageSize", "", PersonError, "image_resolution"),
    (None, "InvalidImage.BrandNew", "More than one person.", PersonError, "InvalidFile.MultiHuman"),
    (None, "InvalidPerson", "", PersonError, "portrait"),
    (None, "InvalidPerson", "No person in the image.", PersonError, "InvalidFile.NoHuman"),
    (None, "Audio.AudioSilentError", "", PersonError, "audio_silent"),
    (None, "Audio.BrandNew", "", PersonError, "voice"),
    (None, "IPInfringementSuspect", "Suspected of infringement.", PersonError, "rights_refused"),
    (None, "data_inspection_failed", "Inappropriate content.", PersonError, "content_refused"),
    (400, "DataInspectionFailed", "Input image data may be inappropriate.", PersonError, "image_content"),
    (400, "DataInspectionFailed", "Input audio data may be inappropriate.", PersonError, "audio_content"),
    (None, "CustomRoleBlocked", "Blocked.", PersonError, "content_refused"),
    (None, "FaqRuleBlocked", "Blocked.", PersonError, "content_refused"),
    (None, "Arrearage", "Access denied, good standing.", AccountError, "arrears"),
    (500, "ModelServingError", "Oops.", ServiceError, None),
    (413, None, "", PersonError, "file_too_large"),
    (524, None, "", ServiceError, None),
    (400, None, "The audio is longer than 60s.", PersonError, "audio_too_long"),
    (400, None, "No human face was detected in the image.", PersonError, "InvalidFile.NoHuman"),
    (400, None, "There are multiple faces in the image.", PersonError, "InvalidFile.MultiHuman"),
    (400, None, "The face is covered by a mask.", PersonError, "InvalidFile.FullFace"),
    (400, None, "The head is tilted too far.", PersonError, "InvalidFile.FacePose"),
    (400, None, "The picture is too dark.", PersonError, "InvalidFile.Value"),
    (400, None, "The face is too small.", PersonError, "InvalidFile.BodyProportion"),
    (400, None, "The image resolution is not supported.", PersonError, "image_resolution"),
    (400, None, "The content is sensitive text.", PersonError, "content_refused"),
    (None, None, "Unable to download the media.", UnreachableMedia, None),
    (400, "InvalidParameter.DataInspection", "Unable to download.", UnreachableMedia, None),
    (None, "InvalidURL", "Invalid.", UnreachableMedia, None),
    (None, "InvalidURL.ConnectionRefused", "Refused.", UnreachableMedia, None),
    (400, "InvalidURL.Timeout", "Timed out.", UnreachableMedia, None),
    (500, "InternalError", "Oops.", ServiceError, None),
    (None, "InternalError.Algo", "Inference error.", ServiceError, None),
    (None, "InternalError.Upload", "Oops.", ServiceError, None),
    (500, "InternalError.Timeout", "Oops.", ServiceError, None),
    (500, "SystemError", "Oops.", ServiceError, None),
    (500, "RequestTimeOut", "Oops.", ServiceError, None),
    (503, "ServiceUnavailable", "Oops.", ServiceError, None),
    (503, "ModelUnavailable", "Oops.", ServiceError, None),
    (502, None, "", ServiceError, None),
    (400, "InvalidParameter", "Field required: input.image_url", UnknownError, None),
    (400, "InvalidParameter", "The style_level is invalid.", UnknownError, None),
    (400, "InvalidParameter.Ratio", "The ratio is invalid.", UnknownError, None),
    (400, "BadRequest.EmptyInput", "Missing.", UnknownError, None),
    (None, None, "", UnknownError, None),
]


@pytest.mark.parametrize(("status", "code", "message", "kind", "reason"), ROWS)
def test_row_of_the_table(
    status: int | None, code: str | None, message: str, kind: type[DashscopeError], reason: str | None
) -> None:
    error = error_of(status, code, message)
    assert type(error) is kind
    assert getattr(error, "reason", None) == reason
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize("code", ["", ".RateQuota", ".BurstRate", ".AllocationQuota", ".Concurrency"])
def test_throttling_of_every_sort_is_throttling(code: str) -> None:
    error = error_of(429, f"Throttling{code}", "Slow down.")
    assert isinstance(error, ServiceError)
    assert error.throttled


def test_a_failed_task_means_what_its_code_means() -> None:
    error = error_of_task(Task("t", "FAILED", code="DataInspectionFailed", message="no"))
    assert isinstance(error, PersonError)
    assert error.reason == "content_refused"


@pytest.mark.parametrize("state", ["CANCELED", "UNKNOWN"])
def test_a_task_that_ended_without_a_video_is_an_error_of_its_own(state: str) -> None:
    assert isinstance(error_of_task(Task("t", state)), UnknownError)


def test_the_operator_reads_what_to_do_and_no_link() -> None:
    text = str(error_of(401, "InvalidApiKey", "See https://host/path?signature=abc\x1b[31m now"))
    assert "DASHSCOPE_API_KEY" in text
    assert "signature" not in text
    assert "\x1b" not in text


def test_errors_survive_being_stored() -> None:
    for status, code, message, _, _ in ROWS:
        error = error_of(status, code, message)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
